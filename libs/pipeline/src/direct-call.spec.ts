import {
  Catch,
  Controller,
  Injectable,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { Consumes } from './consumes.decorator';
import { directCallOf } from './direct-call';
import { READING } from './fakes/records';

const options = { groupId: 'lab' };

@Injectable()
class Anything {
  canActivate = () => true;
  intercept = (_: unknown, next: { handle(): never }) => next.handle();
  transform = (value: unknown) => value;
}

@Catch()
class AnyFilter {
  catch = () => undefined;
}

@Controller()
class Plain {
  readonly seen: unknown[] = [];

  @Consumes(READING, options)
  async onReading(event: unknown, context: unknown): Promise<void> {
    this.seen.push(event, context);
  }
}

@UseGuards(Anything)
@Controller()
class GuardedClass extends Plain {
  @Consumes(READING, options)
  override async onReading(): Promise<void> {}
}

@Controller()
class GuardedMethod {
  @UseGuards(Anything)
  @Consumes(READING, options)
  async onReading(): Promise<void> {}
}

@Controller()
class InterceptedMethod {
  @UseInterceptors(Anything)
  @Consumes(READING, options)
  async onReading(): Promise<void> {}
}

@Controller()
class PipedMethod {
  @UsePipes(Anything)
  @Consumes(READING, options)
  async onReading(): Promise<void> {}
}

@Controller()
class PipedParameter {
  @Consumes(READING, options)
  async onReading(@Payload('n', Anything) _n: unknown): Promise<void> {}
}

@UseFilters(AnyFilter)
@Controller()
class FilteredClass {
  @Consumes(READING, options)
  async onReading(): Promise<void> {}
}

@Controller({ scope: Scope.REQUEST })
class PerRequest {
  @Consumes(READING, options)
  async onReading(): Promise<void> {}
}

async function callOf(controller: Type, controllers: Type[] = [controller]) {
  const module = await Test.createTestingModule({ controllers }).compile();
  const handler = { controller, key: 'onReading', kind: 'record' } as const;
  return { module, call: directCallOf(handler, module.get(ModulesContainer)) };
}

describe('directCallOf', () => {
  it('calls the method of a plain controller with the event and the context', async () => {
    const { module, call } = await callOf(Plain);
    await call?.('event', 'context');
    expect(module.get(Plain).seen).toEqual(['event', 'context']);
  });

  it.each([
    GuardedClass,
    GuardedMethod,
    InterceptedMethod,
    PipedMethod,
    PipedParameter,
    FilteredClass,
    PerRequest,
  ])('leaves %p to Nest', async (controller: Type) => {
    expect((await callOf(controller)).call).toBeNull();
  });

  it('leaves a method to Nest whose class is no controller of the app', async () => {
    expect((await callOf(Plain, [GuardedMethod])).call).toBeNull();
  });
});
