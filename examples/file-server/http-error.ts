// An answer that is not a file: what went wrong, by HTTP's number.

export const REASONS: Record<number, string> = {
  200: "OK",
  206: "Partial Content",
  301: "Moved Permanently",
  304: "Not Modified",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  414: "URI Too Long",
  416: "Range Not Satisfiable",
  417: "Expectation Failed",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

export class HttpError extends Error {
  override name = "HttpError";
  readonly status: number;
  /** Lines to be added to the head, each with its line end. */
  readonly headers: string;
  /** Nobody knows where the next request begins: the connection ends. */
  readonly fatal: boolean;

  constructor(status: number, { headers = "", fatal = false } = {}) {
    super(`${status} ${REASONS[status]}`);
    this.status = status;
    this.headers = headers;
    this.fatal = fatal;
  }
}

const NOT_THERE = ["ENOENT", "ENOTDIR", "ENAMETOOLONG"];
const NOT_ALLOWED = ["EACCES", "EPERM", "ELOOP"];

/** The answer to whatever was thrown while a file was looked for. */
export function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  const { code = "" } = error as { code?: string };
  if (NOT_THERE.includes(code)) return new HttpError(404);
  if (NOT_ALLOWED.includes(code)) return new HttpError(403);
  if (code === "EMFILE" || code === "ENFILE") return new HttpError(503);
  console.error(error);
  return new HttpError(500);
}
