/* eslint-disable @typescript-eslint/no-require-imports -- the libs and their vendors take half a second
   to load: each verb loads what it needs, when it needs it; an import() would leave the CommonJS
   loader, and with it the one copy of each lib. */
import type * as Nest from '@nestjs/common';
import type * as Config from 'millrace/config';
import type * as Contracts from 'millrace/contracts';
import type * as Kafka from 'millrace/kafka';
import type * as Mongo from 'millrace/mongo';
import type * as OperationsLib from 'millrace/operations';
import type * as Pipeline from 'millrace/pipeline';

export const configLib = (): typeof Config => require('millrace/config') as typeof Config;
export const contractsLib = (): typeof Contracts =>
  require('millrace/contracts') as typeof Contracts;
export const kafkaLib = (): typeof Kafka => require('millrace/kafka') as typeof Kafka;
export const mongoLib = (): typeof Mongo => require('millrace/mongo') as typeof Mongo;
export const operationsLib = (): typeof OperationsLib =>
  require('millrace/operations') as typeof OperationsLib;
export const nestLib = (): typeof Nest => require('@nestjs/common') as typeof Nest;
export const pipelineLib = (): typeof Pipeline => require('millrace/pipeline') as typeof Pipeline;

/** Loads the module of a project, CommonJS or ES module. */
export const moduleAt = (path: string): unknown => require(path);
