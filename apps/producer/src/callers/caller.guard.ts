import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { AuthenticationRequiredError } from '../producer.errors';
import { Callers } from './callers';
import type { CallerRequest } from './callers';

/** Refuses whom {@link Callers} does not know, always with the same words. */
@Injectable()
export class CallerGuard implements CanActivate {
  constructor(private readonly callers: Callers) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.callers.admits(context.switchToHttp().getRequest<CallerRequest>())) return true;
    throw new AuthenticationRequiredError();
  }
}
