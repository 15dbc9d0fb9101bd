import { Inject, Injectable } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';
import { Callers } from './callers';

/** Counts requests by the key of their caller, whatever its address; without one by the address. */
@Injectable()
export class CallerThrottler extends ThrottlerGuard {
  @Inject(Callers)
  private readonly callers!: Callers;

  protected override getTracker(request: Parameters<Callers['nameOf']>[0]): Promise<string> {
    const name = this.callers.nameOf(request);
    return name === null ? super.getTracker(request) : Promise.resolve(`key ${name}`);
  }
}
