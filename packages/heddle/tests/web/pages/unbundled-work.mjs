// Import maps do not reach into workers: heddle by its URL.
import { sleep } from "./heddle/index.js";

export function* double(number) {
  yield* sleep(1);
  return 2 * number;
}
