import { Inject, Injectable, NotFoundException } from '@nestjs/common';
import type { CanActivate } from '@nestjs/common';
import { SETTINGS } from 'millrace/config';
import type { Settings } from 'millrace/config';
import { producerSettings } from '../../producer.config';

/** Answers 404 unless SOURCES_HTTP is on: routes that write test data have no place in production. */
@Injectable()
export class SourcesGuard implements CanActivate {
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  canActivate(): boolean {
    if (this.settings.get(producerSettings).sourcesHttp) return true;
    throw new NotFoundException();
  }
}
