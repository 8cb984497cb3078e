/** The form of an example, filled in. */
export interface SampleAnswers {
  readonly gateway: string;
  readonly host: string;
  readonly imapPort: string;
  readonly imapSecurity: string;
  readonly pop3Port: string;
  readonly pop3Security: string;
  readonly username: string;
  readonly password: string;
}
export interface ServedSite {
  readonly origin: string;
  readonly url: string;
  close(): Promise<void>;
}
export const builtSite: string;
export function serveSite(options?: { readonly folder?: string; readonly port?: number; readonly base?: string; readonly answers?: Partial<SampleAnswers> }): Promise<ServedSite>;
