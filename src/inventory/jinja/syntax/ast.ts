/** A template as a tree. */
export type Expr =
  | { readonly t: 'const'; readonly value: null | boolean | number | string }
  | { readonly t: 'float'; readonly value: number }
  | { readonly t: 'name'; readonly name: string }
  | { readonly t: 'list' | 'tuple'; readonly items: readonly Expr[] }
  | { readonly t: 'dict'; readonly items: readonly (readonly [Expr, Expr])[] }
  | { readonly t: 'attr'; readonly of: Expr; readonly name: string }
  | { readonly t: 'item'; readonly of: Expr; readonly key: Expr }
  | { readonly t: 'slice'; readonly of: Expr; readonly start?: Expr; readonly stop?: Expr; readonly step?: Expr }
  | { readonly t: 'call'; readonly of: Expr; readonly args: CallArgs }
  | { readonly t: 'filter'; readonly of: Expr | undefined; readonly name: string; readonly args: CallArgs }
  | { readonly t: 'test'; readonly of: Expr; readonly name: string; readonly args: CallArgs }
  | { readonly t: 'unary'; readonly op: '-' | '+' | 'not'; readonly of: Expr }
  | { readonly t: 'binary'; readonly op: string; readonly left: Expr; readonly right: Expr }
  | { readonly t: 'compare'; readonly first: Expr; readonly rest: readonly { readonly op: string; readonly right: Expr }[] }
  | { readonly t: 'cond'; readonly test: Expr; readonly yes: Expr; readonly no?: Expr };

export interface CallArgs {
  readonly positional: readonly Expr[];
  readonly named: readonly (readonly [string, Expr])[];
  /** `*list` and `**dict`. */
  readonly spread?: Expr;
  readonly spreadNamed?: Expr;
}

/** `a`, `a, b` or `ns.a`. */
export type Target =
  | { readonly t: 'name'; readonly name: string }
  | { readonly t: 'attr'; readonly namespace: string; readonly name: string }
  | { readonly t: 'tuple'; readonly items: readonly Target[] };

export type Statement =
  | { readonly t: 'text'; readonly text: string }
  | { readonly t: 'print'; readonly value: Expr }
  | { readonly t: 'if'; readonly branches: readonly { readonly test?: Expr; readonly body: readonly Statement[] }[] }
  | {
      readonly t: 'for';
      readonly target: Target;
      readonly over: Expr;
      readonly when?: Expr;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | { readonly t: 'set'; readonly target: Target; readonly value: Expr }
  | { readonly t: 'capture'; readonly target: Target; readonly filter?: Expr; readonly body: readonly Statement[] }
  | { readonly t: 'with'; readonly names: readonly (readonly [string, Expr])[]; readonly body: readonly Statement[] }
  | { readonly t: 'filter'; readonly filter: Expr; readonly body: readonly Statement[] }
  | {
      readonly t: 'macro';
      readonly name: string;
      readonly parameters: readonly { readonly name: string; readonly otherwise?: Expr }[];
      readonly body: readonly Statement[];
    };
