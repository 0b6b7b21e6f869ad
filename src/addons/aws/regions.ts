/** A partition of AWS: a world of its own, with its own hosts. */
interface Partition {
  /** The second part of its ARNs. */
  readonly name: string;
  readonly regions: RegExp;
  readonly dnsSuffix: string;
  /** Where browsers present an assertion: AWS demands it as Recipient, and takes it as Audience. */
  readonly signIn: string;
}

/**
 * Hosts as the endpoint rules of AWS's own SDKs have them, sign-in addresses as IAM documents them
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html and its pages for
 * China and GovCloud).
 */
const PARTITIONS: readonly Partition[] = [
  {
    name: 'aws-cn',
    regions: /^cn-[a-z]+-\d{1,2}$/,
    dnsSuffix: 'amazonaws.com.cn',
    signIn: 'https://signin.amazonaws.cn/saml',
  },
  {
    name: 'aws-us-gov',
    regions: /^us-gov-[a-z]+-\d{1,2}$/,
    dnsSuffix: 'amazonaws.com',
    signIn: 'https://signin.amazonaws-us-gov.com/saml',
  },
  {
    name: 'aws',
    regions: /^[a-z]{2}-[a-z]+-\d{1,2}$/,
    dnsSuffix: 'amazonaws.com',
    signIn: 'https://signin.aws.amazon.com/saml',
  },
];

const GLOBAL_STS = 'https://sts.amazonaws.com/';

/** Whether a region is one of AWS, of AWS China or of AWS GovCloud. */
export function isRegion(region: string): boolean {
  return PARTITIONS.some(({ regions }) => regions.test(region));
}

/** The STS of a region; without one the global STS. */
export function stsOf(region: string | undefined): string {
  const partition = PARTITIONS.find(({ regions }) => region !== undefined && regions.test(region));
  return partition ? `https://sts.${region}.${partition.dnsSuffix}/` : GLOBAL_STS;
}

/** Where an assertion for a region is presented; without a region the partition of the role says it. */
export function signInOf(region: string | undefined, roleArn: string): string {
  const matches = ({ name, regions }: Partition) =>
    region === undefined ? roleArn.split(':')[1] === name : regions.test(region);
  return (PARTITIONS.find(matches) ?? (PARTITIONS.at(-1) as Partition)).signIn;
}

/** Whether the global STS serves a role: those of China and GovCloud need a region. */
export function needsRegion(roleArn: string): boolean {
  return roleArn.split(':')[1] !== 'aws';
}
