/** What Node's errors mean, in the words of the transports. */
import { MailError } from "../errors.js";
import { type Circumstances, failure, type TransportFaultCode } from "../transports/failures.js";

interface NodeError {
  readonly code?: string;
  readonly errors?: readonly NodeError[];
}

const certificateFaults: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet; check the clock of this device",
  CERT_REVOKED: "its issuer has taken it back",
  ERR_TLS_CERT_ALTNAME_INVALID: "it is for another host",
  HOSTNAME_MISMATCH: "it is for another host",
  DEPTH_ZERO_SELF_SIGNED_CERT: "nobody whom this device trusts has signed it",
  SELF_SIGNED_CERT_IN_CHAIN: "nobody whom this device trusts has signed it",
  UNABLE_TO_GET_ISSUER_CERT: "nobody whom this device trusts has signed it",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "nobody whom this device trusts has signed it",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "nobody whom this device trusts has signed it",
  CERT_UNTRUSTED: "nobody whom this device trusts has signed it",
  CERT_SIGNATURE_FAILURE: "nobody whom this device trusts has signed it",
};

const connectFaults: Readonly<Record<string, TransportFaultCode>> = {
  ENOTFOUND: "name-not-found",
  ENODATA: "name-not-found",
  ECONNREFUSED: "refused",
  ETIMEDOUT: "timeout",
};

/** Before TCP stands. The rest, such as a name server that is silent, is `unreachable`. */
export function connectFailure(cause: unknown, circumstances: Circumstances): MailError {
  return failure(connectFaults[codeOf(cause)] ?? "unreachable", { ...circumstances, cause });
}

/** While TLS is made. */
export function tlsFailure(cause: unknown, circumstances: Circumstances): MailError {
  if (cause instanceof MailError) return cause;
  const code = codeOf(cause);
  const why = certificateFaults[code];
  if (why !== undefined) return failure("tls-certificate", { ...circumstances, why, cause });
  // Of OpenSSL's verifier, beyond the usual ones: INVALID_CA, PATH_LENGTH_EXCEEDED, CERT_CHAIN_TOO_LONG, CERT_REJECTED.
  return failure(/CERT|^INVALID_CA$|^PATH_LENGTH|^INVALID_PURPOSE$/.test(code) && !code.startsWith("ERR_SSL") ? "tls-certificate" : "tls-handshake", { ...circumstances, cause });
}

/** Several addresses were tried: the first error stands for all. */
function codeOf(cause: unknown): string {
  const { code, errors } = cause as NodeError;
  return code ?? errors?.[0]?.code ?? "";
}
