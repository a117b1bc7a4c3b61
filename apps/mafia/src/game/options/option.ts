/** One of several words. */
export interface ChoiceOption<Value extends string = string> {
  readonly kind: 'choice';
  readonly values: readonly Value[];
  readonly byDefault: Value;
  /** In one sentence. */
  readonly rule: string;
}

export interface SwitchOption {
  readonly kind: 'switch';
  readonly byDefault: boolean;
  readonly rule: string;
}

/** A whole number. */
export interface AmountOption {
  readonly kind: 'amount';
  readonly unit: 'ms of log time' | 'times';
  readonly least: number;
  readonly most: number;
  readonly byDefault: number;
  readonly rule: string;
}

export type Option = ChoiceOption | SwitchOption | AmountOption;
export type ValueOf<Each extends Option> = Each extends ChoiceOption<infer Value> ? Value : Each extends SwitchOption ? boolean : number;
