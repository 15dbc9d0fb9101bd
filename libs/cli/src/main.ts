#!/usr/bin/env node
import { runProcess } from './command-process';

void runProcess(process);
