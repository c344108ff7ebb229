#!/usr/bin/env node
// A file of its own, and committed: npm links no bin whose file is missing at install, and dist/ is
// built after that.
import "../dist/cli/main.js";
