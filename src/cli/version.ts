/** The version of package.json, which a bundle cannot read: its files are at another depth. A test compares them. */
export const VERSION = '0.1.0';
