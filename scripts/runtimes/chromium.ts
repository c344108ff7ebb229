/*
 * Chromium, driven by playwright-core: each module that it runs gets a page of its own. No server is
 * needed: the driver answers what a page asks for.
 */
import { accessSync, constants } from "node:fs";
import { delimiter, extname, join } from "node:path";
import {
  type Browser,
  type BrowserContext,
  chromium,
  type Page,
  type Route,
} from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/** Nothing is there: the driver answers. https, for a page of http has fewer globals. */
const SITE = "https://heddle.test";

/** What a page runs, and what becomes of it. */
export interface PageTask {
  /** The file that a path of the site stands for; undefined for what is not there. */
  serve(path: string): string | undefined;
  /** The module to run: a path of the site. */
  readonly module: string;
  /** Where a bare name is to be found: a path of the site. */
  readonly imports?: Readonly<Record<string, string>>;
  /** What the page calls as `heddleTell`. */
  hear?(line: string): void;
  /** What it prints to its console. */
  print?(line: string): void;
  /** Milliseconds. */
  readonly limit: number;
}

/** The browser's program, if there is one on the PATH. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Start the browser, and end it when `use` is over. */
export async function withChromium<T>(
  executablePath: string,
  use: (browser: Browser) => Promise<T>,
): Promise<T> {
  const browser = await chromium.launch({
    executablePath,
    args: ["--js-flags=--expose-gc"],
    // Chromium has no sandbox for root.
    chromiumSandbox: process.getuid?.() !== 0,
  });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}

/** Run a module in a page of its own; gives how it ended, when that was not well. */
export async function runPage(browser: Browser, task: PageTask): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  // Not several pages in one context: it is gone with the last page that closes.
  let context: BrowserContext | undefined;
  try {
    context = await browser.newContext();
    const page = await context.newPage();
    return await new Promise<string | undefined>((resolve, reject) => {
      timer = setTimeout(
        () => resolve(`had not ended after ${task.limit / 1000} s and was closed`),
        task.limit,
      );
      page.on("crash", () => resolve("crashed"));
      page.on("console", (message) => task.print?.(message.text()));
      load(page, task, (error) => resolve(error && `failed: ${error}`)).catch(reject);
    });
  } catch (error) {
    return `could not be driven: ${(error as Error).message}`;
  } finally {
    clearTimeout(timer);
    // A browser that has crashed cannot close it.
    await context?.close().catch(() => {});
  }
}

async function load(page: Page, task: PageTask, done: (error?: string) => void): Promise<void> {
  const index = `<!doctype html>
    <script type="importmap">${JSON.stringify({ imports: task.imports ?? {} })}</script>
    <script type="module">
      try {
        await import(${JSON.stringify(task.module)});
        heddleDone();
      } catch (error) {
        heddleDone(String(error?.stack ?? error));
      }
    </script>`;
  await page.exposeFunction("heddleTell", (line: string) => task.hear?.(line));
  await page.exposeFunction("heddleDone", done);
  await page.route(`${SITE}/**`, (route: Route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === "/") return route.fulfill({ contentType: "text/html", body: index });
    const path = task.serve(pathname);
    if (path === undefined) return route.fulfill({ status: 404 });
    const contentType = /^\.m?js$/.test(extname(path)) ? "text/javascript" : "text/plain";
    return route.fulfill({ path, contentType });
  });
  await page.goto(`${SITE}/`, { waitUntil: "commit" });
}
