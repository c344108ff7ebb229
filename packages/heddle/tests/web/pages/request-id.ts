/** Imported by the page and by its workers. */
import { ContextVar } from "heddle";
import { registerContextVar, registerErrorClass } from "heddle/web";

export const requestId = registerContextVar(
  new ContextVar<string>("requestId", { default: "none" }),
);

export class Refused extends Error {
  override name = "Refused";
  code = 0;
}
registerErrorClass(Refused);
