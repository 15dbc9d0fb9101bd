// Resolves `millrace/<lib>` to the compiled libs beside the program, for tools that run from one plain
// tsc emit. The apps do not need it: Nest's builder rewrites the aliases.
'use strict';
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');

const root = join(__dirname, '..', '..');
const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
const compiled = new Map(
  Object.entries(compilerOptions.paths).map(([alias, [file]]) => [
    alias,
    join(root, 'dist', 'tools', file.replace(/\.ts$/, '.js')),
  ]),
);

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function resolveAlias(request, ...rest) {
  return resolveFilename.call(this, compiled.get(request) ?? request, ...rest);
};
