/** The numbers of `TunnelEnd.poll`. */
export const opened = 1;
export const sendable = 2;
export const upgraded = 3;
export const move = 4;
export const ended = 5;
export const cut = 6;
export const failed = 7;
export const close = 8;
export const send = 9;
