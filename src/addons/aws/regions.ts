/** A partition of AWS: a separate group of regions with its own hosts. */
interface Partition {
  /** The second part of its ARNs. */
  readonly name: string;
  readonly regions: RegExp;
  readonly dnsSuffix: string;
  /** The sign-in address: AWS requires it as Recipient and accepts it as Audience. */
  readonly signIn: string;
}

const COMMERCIAL: Partition = {
  name: 'aws',
  regions: /^[a-z]{2}-[a-z]+-\d{1,2}$/,
  dnsSuffix: 'amazonaws.com',
  signIn: 'https://signin.aws.amazon.com/saml',
};

/**
 * Hosts are from the endpoint rules of AWS's SDKs, sign-in addresses from IAM's documentation
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
  COMMERCIAL,
];

const GLOBAL_STS = 'https://sts.amazonaws.com/';

/** Whether a text is the name of a region, in any partition. */
export function isRegion(region: string): boolean {
  return PARTITIONS.some(({ regions }) => regions.test(region));
}

/** Builds the URL of a region's STS; without a region, that of the global STS. */
export function buildStsUrl(region: string | undefined): string {
  const partition = PARTITIONS.find(({ regions }) => region !== undefined && regions.test(region));
  return partition ? `https://sts.${region}.${partition.dnsSuffix}/` : GLOBAL_STS;
}

/** Selects the sign-in address of a region; without a region, that of the role's partition. */
export function selectSignInUrl(region: string | undefined, roleArn: string): string {
  const matches = ({ name, regions }: Partition) =>
    region === undefined ? roleArn.split(':')[1] === name : regions.test(region);
  return (PARTITIONS.find(matches) ?? COMMERCIAL).signIn;
}

/** Whether a role needs a region: the global STS does not serve China and GovCloud. */
export function needsRegion(roleArn: string): boolean {
  return roleArn.split(':')[1] !== 'aws';
}
