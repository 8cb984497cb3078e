import { useEffect, useState } from "react";
import type { MailClient, Readings } from "waypost";

/** What `read` gives, again whenever what it has read is other; undefined before the first. Its error goes to the nearest error boundary. */
export function useMail<Value>(mail: MailClient, read: (mail: Readings) => Promise<Value>, dependencies: readonly unknown[]): Value | undefined {
  const [now, setNow] = useState<{ readonly value?: Value; readonly error?: unknown }>({});
  useEffect(() => {
    const left = new AbortController();
    const follow = async (): Promise<void> => {
      for await (const value of mail.live(read, left.signal)) setNow({ value });
    };
    follow().catch((error: unknown) => setNow({ error }));
    return () => left.abort();
    // `read` is another function at each render: what it depends on is named by the caller.
  }, [mail, ...dependencies]);
  if (now.error !== undefined) throw now.error;
  return now.value;
}

/** The newest messages of a mailbox. */
export function Messages({ mail, account, mailbox }: { readonly mail: MailClient; readonly account: number; readonly mailbox: number }) {
  const list = useMail(mail, (mail) => mail.list(account, mailbox, { limit: 50 }), [account, mailbox]);
  if (list === undefined) return <p>Reading</p>;
  return (
    <ul>
      {list.rows.map((row) => (
        <li key={row.id}>{row.subject}</li>
      ))}
    </ul>
  );
}
