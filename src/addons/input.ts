import { DelegationError } from '../errors.js';

export interface InputDescriptor {
  readonly description: string;
  /** The parameter of `POST /delegation` that carries the value. */
  readonly legacyParameter: string;
  /** Makes the field `String!`, and refuses a request to the add-on without it. Default: optional. */
  readonly required?: true;
}

export type InputDescriptors = Readonly<Record<string, InputDescriptor>>;

/** A GraphQL input object below DelegateInput. Add-ons may share one. */
export interface InputType<Inputs extends InputDescriptors = InputDescriptors> {
  readonly name: string;
  /** The field of DelegateInput that takes it. */
  readonly field: string;
  readonly description: string;
  readonly fields: Inputs;
}

/** The extra input of an add-on as `issue` gets it: undefined for an optional value that the request does not have. */
export type AddonInput<Inputs extends InputDescriptors = InputDescriptors> = {
  readonly [Name in keyof Inputs]: Inputs[Name] extends { readonly required: true } ? string : string | undefined;
};

/** The extra input of an add-on as an endpoint received it. */
export type GivenInput = Readonly<Record<string, string | null | undefined>>;

/** The input objects of a table of add-ons, each once although add-ons may share one. */
export function listInputTypes(addons: readonly { readonly input?: InputType | undefined }[]): InputType[] {
  return [...new Map(addons.flatMap(({ input }) => (input ? [[input.name, input] as const] : []))).values()];
}

/**
 * Reads the declared fields of an add-on's input; null counts as absent.
 *
 * @param given undefined if the request has no input object for the add-on
 * @throws DelegationError INVALID_REQUEST that names a required field which is absent
 */
export function readInput({ input }: { readonly input?: InputType | undefined }, given: GivenInput = {}): AddonInput {
  if (!input) return {};
  return Object.fromEntries(
    Object.entries(input.fields).map(([name, { required }]) => {
      const value = (Object.hasOwn(given, name) ? given[name] : undefined) ?? undefined;
      if (value === undefined && required) {
        throw new DelegationError('INVALID_REQUEST', `${input.field}.${name} is required`);
      }
      return [name, value];
    }),
  );
}
