// What package.json names for the command line: the compiled ./project.ts, wherever the command was
// started from.
'use strict';
const Module = require('node:module');
const { join } = require('node:path');

const tools = join(__dirname, '..', '..', 'dist', 'tools');
const events = join(tools, 'libs', 'events', 'src', 'index.js');

// The contracts of the reference apps are built with them and not published: in the package every
// other lib has an entry, and is loaded from there, once.
const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function resolveEvents(request, ...rest) {
  return resolveFilename.call(this, request === 'millrace/events' ? events : request, ...rest);
};

module.exports = require(join(tools, 'tools', 'millrace', 'project.js'));
