/** Who may sign in. */
import { unbase64, utf8 } from "./octets.js";

/** A name and a password or an access token; octets. */
export interface Given {
  readonly username: string;
  readonly secret: string;
}

/** Names, and the one secret of each, which is taken as password and as access token. */
export class Users {
  readonly #secrets: ReadonlyMap<string, string>;

  constructor(users: Readonly<Record<string, string>>) {
    this.#secrets = new Map(Object.entries(users).map(([name, secret]) => [utf8(name), utf8(secret)]));
  }

  knows({ username, secret }: Given): boolean {
    return this.#secrets.get(username) === secret;
  }
}

/** What a client said within PLAIN, XOAUTH2 or OAUTHBEARER. */
export function credentialsOf(mechanism: string, response: string): Given | undefined {
  const said = unbase64(response);
  if (said === undefined) return undefined;
  if (mechanism.toUpperCase() === "PLAIN") {
    const [, username = "", secret = ""] = said.split("\0");
    return { username, secret };
  }
  const parts = said.split("\u0001");
  const [first = ""] = parts;
  const [, username = ""] = /(?:^user=|a=)([^,]*)/.exec(first) ?? [];
  const [, secret = ""] = /^auth=Bearer (.*)$/i.exec(parts.find((part) => part.startsWith("auth=")) ?? "") ?? [];
  return { username, secret };
}
