/** Context variables. */
import * as heddle from "heddle";
import { type InstantHandlers, method } from "./handler.ts";

export const instantContexts = {
  var_get: method(["var"], (variable) => variable.get()),

  var_set(run, s, frame) {
    const token = run.names.get(s.var, "var").set(s.value);
    if (s.token !== undefined) run.names.bind(s.token, "token", token);
    run.log(frame, `var_set ${s.var} -> ok`);
  },

  var_reset(run, s, frame) {
    const variable = run.names.get(s.var, "var");
    const token = run.names.get(s.token, "token");
    run.report(frame, `var_reset ${s.var}`, () => variable.reset(token), "ok");
  },

  ctx_copy(run, s, frame) {
    const copy =
      s.ctx === undefined ? heddle.copyContext() : run.names.get(s.ctx, "context").copy();
    run.names.bind(s.name, "context", copy);
    run.log(frame, `ctx_copy ${s.name} -> ok`);
  },

  ctx_of(run, s, frame) {
    run.names.bind(s.name, "context", run.names.get(s.var, "task", "handle").getContext());
    run.log(frame, `ctx_of ${s.name} -> ok`);
  },

  ctx_run(run, s, frame) {
    const context = run.names.get(s.ctx, "context");
    const inside = () => context.run(() => run.instantBody(s.body, frame));
    run.report(frame, `ctx_run ${s.ctx}`, inside, "ok");
  },
} satisfies Partial<InstantHandlers>;
