/** Opens the engine over a store of its own and reads what is there: nothing yet. */
export async function counted(open) {
  const mail = await open({ profile: "probe" });
  const accounts = await mail.accounts();
  await mail.close();
  return `engine: ${accounts.length} accounts`;
}
