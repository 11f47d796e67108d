export function ownMembersOnly(bundle: string): string
