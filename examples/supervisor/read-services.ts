// Services from a Procfile, or from JSON:
//
//   { "web": { "command": "node server.js", "restart": "on-failure", "stopSignal": "SIGINT" } }
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { DEFAULTS, type Service } from "./service.ts";

/** The services of this file, in their order. Throws Error for what it does not understand. */
export function readServices(file: string): Service[] {
  const text = readFileSync(file, "utf8");
  const services = file.endsWith(".json") ? fromJson(text, file) : fromProcfile(text, file);
  if (services.length === 0) throw new Error(`${file}: there is no service in it`);
  return services;
}

function fromProcfile(text: string, file: string): Service[] {
  const services = new Map<string, Service>();
  for (const [i, line] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, command] = /^([\w-]+):\s*(\S.*)$/.exec(line) ?? [];
    if (name === undefined || command === undefined) {
      throw new Error(`${file}:${i + 1}: expected "name: command", got "${line}"`);
    }
    if (services.has(name)) throw new Error(`${file}:${i + 1}: there are two services ${name}`);
    services.set(name, { ...DEFAULTS, name, command });
  }
  return [...services.values()];
}

function fromJson(text: string, file: string): Service[] {
  const entries = Object.entries(JSON.parse(text) as Record<string, Partial<Service>>);
  return entries.map(([name, given]) => {
    const service = { ...DEFAULTS, ...given, name } as Service;
    const wrong = complaint(service, given);
    if (wrong !== undefined) throw new Error(`${file}: ${name}: ${wrong}`);
    return service;
  });
}

function complaint(service: Service, given: object): string | undefined {
  const unknown = Object.keys(given).find((key) => key !== "command" && !(key in DEFAULTS));
  if (unknown !== undefined) return `there is no "${unknown}"`;
  if (typeof service.command !== "string" || service.command === "") return "it has no command";
  if (!["always", "on-failure", "never"].includes(service.restart)) {
    return `restart is "always", "on-failure" or "never", not ${JSON.stringify(service.restart)}`;
  }
  if (!(service.stopSignal in constants.signals)) return `no signal ${service.stopSignal}`;
  for (const key of ["maxRestarts", "backoff", "maxBackoff", "resetAfter", "grace"] as const) {
    if (typeof service[key] !== "number" || !(service[key] >= 0)) {
      return `${key} is a number that is not negative, not ${JSON.stringify(service[key])}`;
    }
  }
  return undefined;
}
