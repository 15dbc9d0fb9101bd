import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ConfigSchemaAsyncError } from './config.errors';
import { invalid } from './refusal';

/**
 * Fits any Standard Schema into `ConfigModule.forRoot({ validate: standardSchema(schema) })`.
 *
 * A schema of zod 4 handed over as `validationSchema` validates nothing: its `validate` answers
 * with a boolean, and the app starts with a bad environment.
 *
 * @returns a function that answers with the schema's output.
 * @throws {ConfigInvalidError} CONFIG_INVALID with every issue, from the returned function.
 * @throws {ConfigSchemaAsyncError} CONFIG_SCHEMA_ASYNC, from the returned function.
 * @see https://standardschema.dev
 */
export function standardSchema<Output extends Record<string, unknown>>(
  schema: StandardSchemaV1<unknown, Output>,
): (env: Record<string, unknown>) => Output {
  return function validateEnvironment(env) {
    const result = validateSync(schema, env, 'the environment');
    if (result.issues === undefined) return result.value;
    throw invalid(
      result.issues.map((issue) => {
        const variable = (issue.path ?? [])
          .map((part) => String(typeof part === 'object' ? part.key : part))
          .join('.');
        const value = env[variable];
        const raw = typeof value === 'string' ? value : '';
        return { variable, reason: withoutValue(issue.message, raw, false) };
      }),
    );
  };
}

/** Validates without waiting. */
export function validateSync<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  value: unknown,
  what: string,
): StandardSchemaV1.Result<Output> {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) {
    // Its rejection would end the process before the coded error is shown.
    void result.catch(() => undefined);
    throw new ConfigSchemaAsyncError({ message: `${what}: the schema is asynchronous` });
  }
  return result;
}

/** Cuts a value out of a schema's message: some libraries quote what they refuse. */
export function withoutValue(message: string, value: string, isSecret: boolean): string {
  if (value === '' || !message.includes(value)) return message;
  if (isSecret) return 'is not valid';
  // Whole words only: `prod` is no echo of the value in "must be production".
  const literal = value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return message.replace(new RegExp(`(?<!\\w)${literal}(?!\\w)`, 'g'), '[value]');
}
