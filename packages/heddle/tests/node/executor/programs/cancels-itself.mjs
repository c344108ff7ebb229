import { CancelledError } from "heddle";

export function* cancels() {
  throw new CancelledError("by itself");
}
