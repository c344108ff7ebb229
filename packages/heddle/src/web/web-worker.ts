/*
 * The file of the workers of a pool that was given none. Modules are loaded by their URLs.
 */
import { serveJobs } from "./serve-jobs.ts";

serveJobs();
