/** What a machine wants after `poll`, as bits. The driver does it in this order. */

/** Octets are to be sent. */
export const send = 1;
/** Its owner is to read events out of memory. */
export const events = 2;
/** TLS is to be made on the connection, after what was sent. */
export const secure = 4;
/** The connection is to be closed, after what was sent. */
export const close = 8;
/** There is more to do, and others of the thread may have their turn first (a key is derived, a batch is full). */
export const more = 16;
