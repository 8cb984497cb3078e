/* @ts-self-types="./waypost.d.ts" */

/**
 * The mail core over one profile. All calls reject with a plain object `{ code, blame, retryable, message, serverText }`.
 */
export class Core {
    static __wrap(ptr) {
        const obj = Object.create(Core.prototype);
        obj.__wbg_ptr = ptr;
        CoreFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        CoreFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_core_free(ptr, 0);
    }
    /**
     * The accounts stored here.
     * @returns {Promise<Account[]>}
     */
    accounts() {
        const ret = wasm.core_accounts(this.__wbg_ptr);
        return ret;
    }
    /**
     * Signs in once to prove the settings, then stores the account.
     * @param {AccountSettings} settings
     * @param {string} password
     * @returns {Promise<Account>}
     */
    addAccount(settings, password) {
        const ptr0 = passStringToWasm0(password, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.core_addAccount(this.__wbg_ptr, settings, ptr0, len0);
        return ret;
    }
    /**
     * Says what a server is that gave all its mail new ids.
     * @param {number} account
     * @param {Migration} choice
     * @returns {Promise<void>}
     */
    answerMigration(account, choice) {
        const ret = wasm.core_answerMigration(this.__wbg_ptr, account, choice);
        return ret;
    }
    /**
     * Octets of messages that may be kept although the server has them too; null for as many as there is room for.
     * @returns {Promise<number | null>}
     */
    budget() {
        const ret = wasm.core_budget(this.__wbg_ptr);
        return ret;
    }
    /**
     * Adds and removes flags: stored at once, sent when the server can be reached.
     * @param {readonly string[]} ids
     * @param {readonly string[]} add
     * @param {readonly string[]} remove
     * @returns {Promise<void>}
     */
    changeFlags(ids, add, remove) {
        const ret = wasm.core_changeFlags(this.__wbg_ptr, ids, add, remove);
        return ret;
    }
    /**
     * Ends a stream. Of a folder it says what became of its messages.
     * @param {number} stream
     * @returns {Promise<Tally | null>}
     */
    closeStream(stream) {
        const ret = wasm.core_closeStream(this.__wbg_ptr, stream);
        return ret;
    }
    /**
     * Stops the engine and closes connections and database. Closing twice is harmless.
     * @returns {Promise<void>}
     */
    close() {
        const ret = wasm.core_close(this.__wbg_ptr);
        return ret;
    }
    /**
     * Copies messages.
     * @param {readonly string[]} ids
     * @param {number} mailbox
     * @returns {Promise<Moved[]>}
     */
    copyMessages(ids, mailbox) {
        const ret = wasm.core_copyMessages(this.__wbg_ptr, ids, mailbox);
        return ret;
    }
    /**
     * Makes a mailbox.
     * @param {number} account
     * @param {string} name
     * @param {number | null} [parent]
     * @returns {Promise<Mailbox>}
     */
    createMailbox(account, name, parent) {
        const val2 = +account;
        const val3 = +(isLikeNone(parent) ? Number.MAX_SAFE_INTEGER : (parent) >>> 0);
        const ptr0 = passStringToWasm0(name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.core_createMailbox(this.__wbg_ptr, val2, ptr0, len0, val3);
        return ret;
    }
    /**
     * Deletes a mailbox; its messages go into the trash.
     * @param {number} account
     * @param {number} mailbox
     * @returns {Promise<void>}
     */
    deleteMailbox(account, mailbox) {
        const ret = wasm.core_deleteMailbox(this.__wbg_ptr, account, mailbox);
        return ret;
    }
    /**
     * Puts messages into the trash; deletes for good what is there.
     * @param {readonly string[]} ids
     * @returns {Promise<Moved[]>}
     */
    deleteMessages(ids) {
        const ret = wasm.core_deleteMessages(this.__wbg_ptr, ids);
        return ret;
    }
    /**
     * Deletes messages on a POP3 server by their unique ids, at the next check.
     * @param {number} account
     * @param {readonly string[]} uidls
     * @returns {Promise<void>}
     */
    deleteOnServer(account, uidls) {
        const ret = wasm.core_deleteOnServer(this.__wbg_ptr, account, uidls);
        return ret;
    }
    /**
     * Empties a mailbox.
     * @param {number} account
     * @param {number} mailbox
     * @returns {Promise<number>}
     */
    emptyMailbox(account, mailbox) {
        const ret = wasm.core_emptyMailbox(this.__wbg_ptr, account, mailbox);
        return ret;
    }
    /**
     * What became of every message that the server of a POP3 account listed.
     * @param {number} account
     * @param {LedgerQuery} query
     * @returns {Promise<LedgerPage>}
     */
    ledger(account, query) {
        const ret = wasm.core_ledger(this.__wbg_ptr, account, query);
        return ret;
    }
    /**
     * A part of a list of a folder: the JSON of a `MessageList`.
     * @param {number} account
     * @param {number} mailbox
     * @param {ListQuery} query
     * @returns {Promise<string>}
     */
    list(account, mailbox, query) {
        const ret = wasm.core_list(this.__wbg_ptr, account, mailbox, query);
        return ret;
    }
    /**
     * Takes messages of a POP3 server by their unique ids.
     * @param {number} account
     * @param {readonly string[]} uidls
     * @returns {Promise<void>}
     */
    loadFromServer(account, uidls) {
        const ret = wasm.core_loadFromServer(this.__wbg_ptr, account, uidls);
        return ret;
    }
    /**
     * Fetches rows older than the oldest stored one; 0 means there are none.
     * @param {number} account
     * @param {number} mailbox
     * @returns {Promise<number>}
     */
    loadOlder(account, mailbox) {
        const ret = wasm.core_loadOlder(this.__wbg_ptr, account, mailbox);
        return ret;
    }
    /**
     * The folders of an account.
     * @param {number} account
     * @returns {Promise<Mailbox[]>}
     */
    mailboxes(account) {
        const ret = wasm.core_mailboxes(this.__wbg_ptr, account);
        return ret;
    }
    /**
     * A message for reading.
     * @param {string} id
     * @returns {Promise<MessageView>}
     */
    message(id) {
        const ptr0 = passStringToWasm0(id, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.core_message(this.__wbg_ptr, ptr0, len0);
        return ret;
    }
    /**
     * Moves messages.
     * @param {readonly string[]} ids
     * @param {number} mailbox
     * @returns {Promise<Moved[]>}
     */
    moveMessages(ids, mailbox) {
        const ret = wasm.core_moveMessages(this.__wbg_ptr, ids, mailbox);
        return ret;
    }
    /**
     * The next octets of a stream; null after the last.
     * @param {number} stream
     * @returns {Promise<Uint8Array<ArrayBuffer> | null>}
     */
    nextChunk(stream) {
        const ret = wasm.core_nextChunk(this.__wbg_ptr, stream);
        return ret;
    }
    /**
     * Opens a folder as an mbox file, to be read by `nextChunk`.
     * @param {number} account
     * @param {number} mailbox
     * @returns {Promise<OpenedFile>}
     */
    openMailbox(account, mailbox) {
        const ret = wasm.core_openMailbox(this.__wbg_ptr, account, mailbox);
        return ret;
    }
    /**
     * Opens a message, octet for octet, to be read by `nextChunk`; `name` is one for its file.
     * @param {string} id
     * @returns {Promise<OpenedFile>}
     */
    openMessage(id) {
        const ptr0 = passStringToWasm0(id, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.core_openMessage(this.__wbg_ptr, ptr0, len0);
        return ret;
    }
    /**
     * Opens the decoded octets of a part, to be read by `nextChunk`.
     * @param {string} id
     * @param {number} index
     * @returns {Promise<number>}
     */
    openPart(id, index) {
        const val2 = +index;
        const ptr0 = passStringToWasm0(id, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.core_openPart(this.__wbg_ptr, ptr0, len0, val2);
        return ret;
    }
    /**
     * Opens the store for reading only, while the core of another Worker leads and writes. Nothing connects; what would write rejects
     * with `store-superseded`.
     * @param {string} profile
     * @returns {Promise<Core>}
     */
    static openReader(profile) {
        const ptr0 = passStringToWasm0(profile, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.core_openReader(ptr0, len0);
        return ret;
    }
    /**
     * Opens the store, takes the lease for writing it and starts the engine. `gateway` is the tunnel's absolute address, `ws:` or `wss:`;
     * `listener` is told everything that happens.
     * @param {string} profile
     * @param {string} gateway
     * @param {(event: MailEvent) => void} listener
     * @returns {Promise<Core>}
     */
    static open(profile, gateway, listener) {
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passStringToWasm0(profile, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(gateway, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.core_open(ptr0, len0, ptr1, len1, listener);
        return ret;
    }
    /**
     * The decoded octets of a part of a message.
     * @param {string} id
     * @param {number} index
     * @returns {Promise<Uint8Array<ArrayBuffer>>}
     */
    part(id, index) {
        const val2 = +index;
        const ptr0 = passStringToWasm0(id, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.core_part(this.__wbg_ptr, ptr0, len0, val2);
        return ret;
    }
    /**
     * Removes an account and all its mail from this device.
     * @param {number} account
     * @returns {Promise<void>}
     */
    removeAccount(account) {
        const ret = wasm.core_removeAccount(this.__wbg_ptr, account);
        return ret;
    }
    /**
     * Gives a mailbox another name or place.
     * @param {number} account
     * @param {number} mailbox
     * @param {string} name
     * @param {number | null} [parent]
     * @returns {Promise<void>}
     */
    renameMailbox(account, mailbox, name, parent) {
        const val2 = +account;
        const val3 = +mailbox;
        const val4 = +(isLikeNone(parent) ? Number.MAX_SAFE_INTEGER : (parent) >>> 0);
        const ptr0 = passStringToWasm0(name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.core_renameMailbox(this.__wbg_ptr, val2, val3, ptr0, len0, val4);
        return ret;
    }
    /**
     * Takes messages out of the trash.
     * @param {readonly string[]} ids
     * @returns {Promise<Moved[]>}
     */
    restoreMessages(ids) {
        const ret = wasm.core_restoreMessages(this.__wbg_ptr, ids);
        return ret;
    }
    /**
     * Takes up a stored account with the password that the core of another tab was signed in with.
     * @param {number} account
     * @param {string} password
     * @returns {Promise<void>}
     */
    resume(account, password) {
        const val2 = +account;
        const ptr0 = passStringToWasm0(password, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.core_resume(this.__wbg_ptr, val2, ptr0, len0);
        return ret;
    }
    /**
     * Rows of a folder, newest first: the JSON of an array of `MessageRow`.
     * @param {number} account
     * @param {number} mailbox
     * @param {string | null | undefined} before
     * @param {number} limit
     * @returns {Promise<string>}
     */
    rows(account, mailbox, before, limit) {
        const val2 = +account;
        const val3 = +mailbox;
        const val4 = +limit;
        var ptr0 = isLikeNone(before) ? 0 : passStringToWasm0(before, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        var len0 = WASM_VECTOR_LEN;
        const ret = wasm.core_rows(this.__wbg_ptr, val2, val3, ptr0, len0, val4);
        return ret;
    }
    /**
     * Sets the budget; what is above it goes at once.
     * @param {number | null} [octets]
     * @returns {Promise<void>}
     */
    setBudget(octets) {
        const ret = wasm.core_setBudget(this.__wbg_ptr, !isLikeNone(octets), isLikeNone(octets) ? 0 : octets);
        return ret;
    }
    /**
     * Changes what a POP3 account does by itself.
     * @param {number} account
     * @param {Pop3Choices} settings
     * @returns {Promise<void>}
     */
    setPop3(account, settings) {
        const ret = wasm.core_setPop3(this.__wbg_ptr, account, settings);
        return ret;
    }
    /**
     * Sets what is done with mail as it arrives.
     * @param {number} account
     * @param {readonly Rule[]} rules
     * @returns {Promise<void>}
     */
    setRules(account, rules) {
        const ret = wasm.core_setRules(this.__wbg_ptr, account, rules);
        return ret;
    }
    /**
     * Synchronises a folder now and watches it.
     * @param {number} account
     * @param {number} mailbox
     * @returns {Promise<void>}
     */
    showMailbox(account, mailbox) {
        const ret = wasm.core_showMailbox(this.__wbg_ptr, account, mailbox);
        return ret;
    }
    /**
     * Gives the password of a stored account.
     * @param {number} account
     * @param {string} password
     * @returns {Promise<void>}
     */
    signIn(account, password) {
        const val2 = +account;
        const ptr0 = passStringToWasm0(password, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.core_signIn(this.__wbg_ptr, val2, ptr0, len0);
        return ret;
    }
    /**
     * Forgets the password and disconnects.
     * @param {number} account
     * @returns {Promise<void>}
     */
    signOut(account) {
        const ret = wasm.core_signOut(this.__wbg_ptr, account);
        return ret;
    }
    /**
     * The whole message, octet for octet.
     * @param {string} id
     * @returns {Promise<Uint8Array<ArrayBuffer>>}
     */
    source(id) {
        const ptr0 = passStringToWasm0(id, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.core_source(this.__wbg_ptr, ptr0, len0);
        return ret;
    }
    /**
     * Where an account stands.
     * @param {number} account
     * @returns {AccountState}
     */
    state(account) {
        const ret = wasm.core_state(this.__wbg_ptr, account);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * How much the origin stores and may store, in octets, as the browser reckons; null where it does not say.
     * @returns {Promise<{ usage: number; quota: number } | null>}
     */
    storageEstimate() {
        const ret = wasm.core_storageEstimate(this.__wbg_ptr);
        return ret;
    }
    /**
     * Looks for new mail now.
     * @param {number} account
     */
    syncNow(account) {
        const ret = wasm.core_syncNow(this.__wbg_ptr, account);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * The rows of a thread, oldest first: the JSON of an array of `MessageRow`.
     * @param {number} account
     * @param {number} thread
     * @returns {Promise<string>}
     */
    thread(account, thread) {
        const ret = wasm.core_thread(this.__wbg_ptr, account, thread);
        return ret;
    }
    /**
     * How much is stored, by account.
     * @returns {Promise<AccountUsage[]>}
     */
    usage() {
        const ret = wasm.core_usage(this.__wbg_ptr);
        return ret;
    }
    /**
     * Looks through all that is stored, and mends what can be mended if that is wanted.
     * @param {boolean} repair
     * @returns {Promise<Report>}
     */
    verify(repair) {
        const ret = wasm.core_verify(this.__wbg_ptr, repair);
        return ret;
    }
    /**
     * Changes that wait to be sent.
     * @returns {Promise<number>}
     */
    waiting() {
        const ret = wasm.core_waiting(this.__wbg_ptr);
        return ret;
    }
}
if (Symbol.dispose) Core.prototype[Symbol.dispose] = Core.prototype.free;

/**
 * Mailbox 1 of account 1, with UIDVALIDITY 7.
 */
export class ListProbe {
    static __wrap(ptr) {
        const obj = Object.create(ListProbe.prototype);
        obj.__wbg_ptr = ptr;
        ListProbeFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        ListProbeFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_listprobe_free(ptr, 0);
    }
    /**
     * Puts an empty mailbox there; the records are JSON.
     * @param {string} account
     * @param {string} mailbox
     * @returns {Promise<any>}
     */
    begin(account, mailbox) {
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passStringToWasm0(account, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(mailbox, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.listprobe_begin(this.__wbg_ptr, ptr0, len0, ptr1, len1);
        return ret;
    }
    /**
     * Closes the database.
     */
    close() {
        wasm.listprobe_close(this.__wbg_ptr);
    }
    /**
     * Marks so many messages in a row as flagged, from this UID on.
     * @param {number} from
     * @param {number} count
     * @returns {Promise<any>}
     */
    flag(from, count) {
        const ret = wasm.listprobe_flag(this.__wbg_ptr, from, count);
        return ret;
    }
    /**
     * A list as the page gets it: its rows as one JSON array, its length, and where it goes on.
     * @param {any} query
     * @returns {Promise<any>}
     */
    list(query) {
        const ret = wasm.listprobe_list(this.__wbg_ptr, query);
        return ret;
    }
    /**
     * The mailboxes with their counts.
     * @returns {Promise<any>}
     */
    mailboxes() {
        const ret = wasm.listprobe_mailboxes(this.__wbg_ptr);
        return ret;
    }
    /**
     * Opens the store of a profile as the leader does.
     * @param {string} profile
     * @returns {Promise<any>}
     */
    static open(profile) {
        const ptr0 = passStringToWasm0(profile, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.listprobe_open(ptr0, len0);
        return ret;
    }
    /**
     * Takes rows in, a JSON array, for [`ListProbe::write`].
     * @param {string} rows
     */
    take(rows) {
        const ptr0 = passStringToWasm0(rows, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.listprobe_take(this.__wbg_ptr, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Writes what was taken in, so many rows in a batch. Every third message answers the one before.
     * @param {number} batch
     * @returns {Promise<any>}
     */
    write(batch) {
        const ret = wasm.listprobe_write(this.__wbg_ptr, batch);
        return ret;
    }
}
if (Symbol.dispose) ListProbe.prototype[Symbol.dispose] = ListProbe.prototype.free;

/**
 * One database.
 */
export class StoreProbe {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        StoreProbeFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_storeprobe_free(ptr, 0);
    }
    /**
     * Closes the database.
     */
    close() {
        wasm.storeprobe_close(this.__wbg_ptr);
    }
    /**
     * Commits what was prepared, one batch after the other: what a benchmark measures.
     * @returns {Promise<any>}
     */
    commitPrepared() {
        const ret = wasm.storeprobe_commitPrepared(this.__wbg_ptr);
        return ret;
    }
    /**
     * Commits a batch. A put names its value by the index in `values`, an array of `Uint8Array`.
     * @param {any} writes
     * @param {Array<any>} values
     * @param {boolean} strict
     * @returns {Promise<any>}
     */
    commit(writes, values, strict) {
        const ret = wasm.storeprobe_commit(this.__wbg_ptr, writes, values, strict);
        return ret;
    }
    /**
     * The store of a profile, as the leader has it or as a reader; opened at its first use. `listener` is told its states.
     * @param {string} profile
     * @param {boolean} reads
     * @param {Function} listener
     */
    constructor(profile, reads, listener) {
        const val2 = +reads;
        const ptr0 = passStringToWasm0(profile, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.storeprobe_new(ptr0, len0, val2, listener);
        this.__wbg_ptr = ret;
        StoreProbeFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Opens the database, and takes the lease if this is the leader.
     * @returns {Promise<any>}
     */
    open() {
        const ret = wasm.storeprobe_open(this.__wbg_ptr);
        return ret;
    }
    /**
     * Breaks the core, at once or from a task, to show what the page sees then.
     * @param {string} text
     * @param {boolean} later
     * @returns {Promise<any>}
     */
    panic(text, later) {
        const val2 = +later;
        const ptr0 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.storeprobe_panic(this.__wbg_ptr, ptr0, len0, val2);
        return ret;
    }
    /**
     * Keeps a batch for [`StoreProbe::commit_prepared`].
     * @param {any} writes
     * @param {Array<any>} values
     * @param {boolean} strict
     */
    prepare(writes, values, strict) {
        const ret = wasm.storeprobe_prepare(this.__wbg_ptr, writes, values, strict);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Answers a list of reads: a value or null, a number, or an array of pairs.
     * @param {any} reads
     * @returns {Promise<any>}
     */
    read(reads) {
        const ret = wasm.storeprobe_read(this.__wbg_ptr, reads);
        return ret;
    }
    /**
     * A message as a reader and as a list show it: the view, and the list's sender and first words.
     * @param {Uint8Array | number[]} octets
     * @returns {any}
     */
    static shown(octets) {
        const ptr0 = passArray8ToWasm0(octets, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.storeprobe_shown(ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
}
if (Symbol.dispose) StoreProbe.prototype[Symbol.dispose] = StoreProbe.prototype.free;

/**
 * Runs once when the module is instantiated.
 *
 * A panic ends the core: the call that hit it throws a `RuntimeError`, and nothing after it works. The hook says where
 * it was, but not the panic's own text, because that may hold octets of somebody's mail.
 */
export function start() {
    wasm.start();
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg_Error_208446807d0d1e30: function(arg0, arg1) {
            const ret = Error(getStringFromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_Number_ff192a72a0dcdf6d: function(arg0) {
            const ret = Number(arg0);
            return ret;
        },
        __wbg___wbindgen_bigint_get_as_i64_11da4b52cd0aedef: function(arg0, arg1) {
            const v = arg1;
            const ret = typeof(v) === 'bigint' ? v : undefined;
            getDataViewMemory0().setBigInt64((arg0 >>> 0) + 8 * 1, isLikeNone(ret) ? BigInt(0) : ret, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, !isLikeNone(ret), true);
        },
        __wbg___wbindgen_boolean_get_4f1baf9a00be3c74: function(arg0) {
            const v = arg0;
            const ret = typeof(v) === 'boolean' ? v : undefined;
            return isLikeNone(ret) ? 0xFFFFFF : ret ? 1 : 0;
        },
        __wbg___wbindgen_debug_string_f249a2a76caa9a55: function(arg0, arg1) {
            const ret = debugString(arg1);
            const ptr1 = passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            const len1 = WASM_VECTOR_LEN;
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
        },
        __wbg___wbindgen_in_3f58a9d3b3a7eed2: function(arg0, arg1) {
            const ret = arg0 in arg1;
            return ret;
        },
        __wbg___wbindgen_is_bigint_5fa10641e039d3ef: function(arg0) {
            const ret = typeof(arg0) === 'bigint';
            return ret;
        },
        __wbg___wbindgen_is_function_741ff2bb612836f5: function(arg0) {
            const ret = typeof(arg0) === 'function';
            return ret;
        },
        __wbg___wbindgen_is_object_8b968c3ab8e96595: function(arg0) {
            const val = arg0;
            const ret = typeof(val) === 'object' && val !== null;
            return ret;
        },
        __wbg___wbindgen_is_string_fc456fee5d3317de: function(arg0) {
            const ret = typeof(arg0) === 'string';
            return ret;
        },
        __wbg___wbindgen_is_undefined_be5b34249ff1fc15: function(arg0) {
            const ret = arg0 === undefined;
            return ret;
        },
        __wbg___wbindgen_jsval_eq_38d7bfbe4cc84039: function(arg0, arg1) {
            const ret = arg0 === arg1;
            return ret;
        },
        __wbg___wbindgen_jsval_loose_eq_b2f214e2e4b30e36: function(arg0, arg1) {
            const ret = arg0 == arg1;
            return ret;
        },
        __wbg___wbindgen_number_get_934b640d0889af78: function(arg0, arg1) {
            const obj = arg1;
            const ret = typeof(obj) === 'number' ? obj : undefined;
            getDataViewMemory0().setFloat64((arg0 >>> 0) + 8 * 1, isLikeNone(ret) ? 0 : ret, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, !isLikeNone(ret), true);
        },
        __wbg___wbindgen_string_get_7ce8eee7fd327545: function(arg0, arg1) {
            const obj = arg1;
            const ret = typeof(obj) === 'string' ? obj : undefined;
            var ptr1 = isLikeNone(ret) ? 0 : passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            var len1 = WASM_VECTOR_LEN;
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
        },
        __wbg___wbindgen_throw_4c88d8bf264fd984: function(arg0, arg1) {
            throw new Error(getStringFromWasm0(arg0, arg1));
        },
        __wbg__wbg_cb_unref_09736879a3f67559: function(arg0) {
            arg0._wbg_cb_unref();
        },
        __wbg_abort_75a93bc755ef5425: function() { return handleError(function (arg0) {
            arg0.abort();
        }, arguments); },
        __wbg_advance_914e0032d025a196: function() { return handleError(function (arg0, arg1) {
            arg0.advance(arg1 >>> 0);
        }, arguments); },
        __wbg_bound_342c3f3a09345adb: function() { return handleError(function (arg0, arg1, arg2, arg3) {
            const ret = IDBKeyRange.bound(arg0, arg1, arg2 !== 0, arg3 !== 0);
            return ret;
        }, arguments); },
        __wbg_call_40b008ba32f73991: function() { return handleError(function (arg0, arg1) {
            const ret = arg0.call(arg1);
            return ret;
        }, arguments); },
        __wbg_call_a410eb4b59ed5965: function() { return handleError(function (arg0, arg1, arg2) {
            const ret = arg0.call(arg1, arg2);
            return ret;
        }, arguments); },
        __wbg_clearTimeout_8e3f4bcc6480eb96: function(arg0) {
            clearTimeout(arg0);
        },
        __wbg_close_5ee9c5fe4e8754a4: function() { return handleError(function (arg0) {
            arg0.close();
        }, arguments); },
        __wbg_close_70d38255291ae4c8: function(arg0) {
            arg0.close();
        },
        __wbg_commit_46cd1fa1a5135c78: function() { return handleError(function (arg0) {
            arg0.commit();
        }, arguments); },
        __wbg_core_new: function(arg0) {
            const ret = Core.__wrap(arg0);
            return ret;
        },
        __wbg_count_f985983ff17ebffb: function() { return handleError(function (arg0, arg1) {
            const ret = arg0.count(arg1);
            return ret;
        }, arguments); },
        __wbg_createObjectStore_f7cf854ebb8a2b7f: function() { return handleError(function (arg0, arg1, arg2) {
            const ret = arg0.createObjectStore(getStringFromWasm0(arg1, arg2));
            return ret;
        }, arguments); },
        __wbg_data_c7e5e8500f1bca2f: function(arg0) {
            const ret = arg0.data;
            return ret;
        },
        __wbg_delete_a1677b105dc0626e: function() { return handleError(function (arg0, arg1) {
            const ret = arg0.delete(arg1);
            return ret;
        }, arguments); },
        __wbg_done_57e08d0be6e30c02: function(arg0) {
            const ret = arg0.done;
            return ret;
        },
        __wbg_entries_7bb1459bd9b5c2b9: function(arg0) {
            const ret = Object.entries(arg0);
            return ret;
        },
        __wbg_error_029b9735617abe23: function() { return handleError(function (arg0) {
            const ret = arg0.error;
            return isLikeNone(ret) ? 0 : addToExternrefTable0(ret);
        }, arguments); },
        __wbg_error_37b241daaafbc352: function(arg0) {
            const ret = arg0.error;
            return isLikeNone(ret) ? 0 : addToExternrefTable0(ret);
        },
        __wbg_error_b3b42a0a0d415705: function(arg0, arg1) {
            console.error(getStringFromWasm0(arg0, arg1));
        },
        __wbg_estimate_8c761fdaa9d39a49: function() { return handleError(function () {
            const ret = navigator.storage.estimate();
            return ret;
        }, arguments); },
        __wbg_fromCodePoint_84793ae8d520c4b9: function() { return handleError(function (arg0) {
            const ret = String.fromCodePoint(arg0 >>> 0);
            return ret;
        }, arguments); },
        __wbg_getAllKeys_08212b8e3f30bcdf: function() { return handleError(function (arg0, arg1) {
            const ret = arg0.getAllKeys(arg1);
            return ret;
        }, arguments); },
        __wbg_getAllKeys_cc55957bda37fb47: function() { return handleError(function (arg0, arg1, arg2) {
            const ret = arg0.getAllKeys(arg1, arg2 >>> 0);
            return ret;
        }, arguments); },
        __wbg_getAllRecords_f79515f87b03a2d1: function() { return handleError(function (arg0, arg1) {
            const ret = arg0.getAllRecords(arg1);
            return ret;
        }, arguments); },
        __wbg_getAllRecords_ff80a2e45a53c329: function(arg0) {
            const ret = arg0.getAllRecords;
            return ret;
        },
        __wbg_getAll_0926d7a1f4b74bd5: function() { return handleError(function (arg0, arg1, arg2) {
            const ret = arg0.getAll(arg1, arg2 >>> 0);
            return ret;
        }, arguments); },
        __wbg_getAll_7c588d26e2a82148: function() { return handleError(function (arg0, arg1) {
            const ret = arg0.getAll(arg1);
            return ret;
        }, arguments); },
        __wbg_getRandomValues_b458880c5be14e5e: function(arg0, arg1) {
            crypto.getRandomValues(getArrayU8FromWasm0(arg0, arg1));
        },
        __wbg_get_2080c49015e35254: function() { return handleError(function (arg0, arg1) {
            const ret = Reflect.get(arg0, arg1);
            return ret;
        }, arguments); },
        __wbg_get_3e7d0feae205d645: function() { return handleError(function (arg0, arg1) {
            const ret = arg0.get(arg1);
            return ret;
        }, arguments); },
        __wbg_get_635eea311fa1a291: function() { return handleError(function (arg0, arg1) {
            const ret = Reflect.get(arg0, arg1);
            return ret;
        }, arguments); },
        __wbg_get_d7176cfb76d71114: function(arg0, arg1) {
            const ret = arg0[arg1 >>> 0];
            return ret;
        },
        __wbg_get_unchecked_e6325ad374eff861: function(arg0, arg1) {
            const ret = arg0[arg1 >>> 0];
            return ret;
        },
        __wbg_get_with_ref_key_fc601247060b7204: function(arg0, arg1) {
            const ret = arg0[arg1];
            return ret;
        },
        __wbg_instanceof_ArrayBuffer_12cdaa4161423e6b: function(arg0) {
            let result;
            try {
                result = arg0 instanceof ArrayBuffer;
            } catch (_) {
                result = false;
            }
            const ret = result;
            return ret;
        },
        __wbg_instanceof_DomException_b0152473e22fa2bf: function(arg0) {
            let result;
            try {
                result = arg0 instanceof DOMException;
            } catch (_) {
                result = false;
            }
            const ret = result;
            return ret;
        },
        __wbg_instanceof_IdbCursor_3ce1d10ae0ff0d98: function(arg0) {
            let result;
            try {
                result = arg0 instanceof IDBCursor;
            } catch (_) {
                result = false;
            }
            const ret = result;
            return ret;
        },
        __wbg_instanceof_IdbFactory_c959b1be1ad153de: function(arg0) {
            let result;
            try {
                result = arg0 instanceof IDBFactory;
            } catch (_) {
                result = false;
            }
            const ret = result;
            return ret;
        },
        __wbg_instanceof_Map_0b4fc8b62e73f163: function(arg0) {
            let result;
            try {
                result = arg0 instanceof Map;
            } catch (_) {
                result = false;
            }
            const ret = result;
            return ret;
        },
        __wbg_instanceof_Uint8Array_d7aeb0dcb3108fea: function(arg0) {
            let result;
            try {
                result = arg0 instanceof Uint8Array;
            } catch (_) {
                result = false;
            }
            const ret = result;
            return ret;
        },
        __wbg_isArray_bcf1376d0d732d08: function(arg0) {
            const ret = Array.isArray(arg0);
            return ret;
        },
        __wbg_isSafeInteger_1a35ba4d31e71d38: function(arg0) {
            const ret = Number.isSafeInteger(arg0);
            return ret;
        },
        __wbg_iterator_e4c5e8f68ada7b58: function() {
            const ret = Symbol.iterator;
            return ret;
        },
        __wbg_key_13d6b53ddc03c0d7: function(arg0) {
            const ret = arg0.key;
            return ret;
        },
        __wbg_key_6e6cd11010a229d7: function() { return handleError(function (arg0) {
            const ret = arg0.key;
            return ret;
        }, arguments); },
        __wbg_length_186163212ffe79c3: function(arg0) {
            const ret = arg0.length;
            return ret;
        },
        __wbg_length_b03a0fabb109b1e9: function(arg0) {
            const ret = arg0.length;
            return ret;
        },
        __wbg_listprobe_new: function(arg0) {
            const ret = ListProbe.__wrap(arg0);
            return ret;
        },
        __wbg_message_fc58bc095885b5e5: function(arg0, arg1) {
            const ret = arg1.message;
            const ptr1 = passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            const len1 = WASM_VECTOR_LEN;
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
        },
        __wbg_name_7d5a865f2ff82e44: function(arg0, arg1) {
            const ret = arg1.name;
            const ptr1 = passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            const len1 = WASM_VECTOR_LEN;
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
        },
        __wbg_newVersion_9788dfb347cdc4f3: function(arg0, arg1) {
            const ret = arg1.newVersion;
            getDataViewMemory0().setFloat64((arg0 >>> 0) + 8 * 1, isLikeNone(ret) ? 0 : ret, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, !isLikeNone(ret), true);
        },
        __wbg_new_13de428334042d26: function(arg0) {
            const ret = new Uint8Array(arg0);
            return ret;
        },
        __wbg_new_37eb45aaf5eeb820: function() {
            const ret = new Array();
            return ret;
        },
        __wbg_new_cd4348290afae586: function() {
            const ret = new Object();
            return ret;
        },
        __wbg_new_from_slice_b8daf545a41c6aa0: function(arg0, arg1) {
            const ret = new Uint8Array(getArrayU8FromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_new_typed_e09da9dae6ee5935: function(arg0, arg1) {
            try {
                var state0 = {a: arg0, b: arg1};
                var cb0 = (arg0, arg1) => {
                    const a = state0.a;
                    state0.a = 0;
                    try {
                        return wasm_bindgen__convert__closures_____invoke__h5249664ba262cdee(a, state0.b, arg0, arg1);
                    } finally {
                        state0.a = a;
                    }
                };
                const ret = new Promise(cb0);
                return ret;
            } finally {
                state0.a = 0;
            }
        },
        __wbg_new_with_str_4c87e2a5ba925021: function() { return handleError(function (arg0, arg1, arg2, arg3) {
            const ret = new WebSocket(getStringFromWasm0(arg0, arg1), getStringFromWasm0(arg2, arg3));
            return ret;
        }, arguments); },
        __wbg_next_178c1651c11432b3: function(arg0) {
            const ret = arg0.next;
            return ret;
        },
        __wbg_next_af5ac6a08bb0a717: function() { return handleError(function (arg0) {
            const ret = arg0.next();
            return ret;
        }, arguments); },
        __wbg_normalize_2d352f86793b4b5f: function(arg0, arg1, arg2) {
            const ret = arg0.normalize(getStringFromWasm0(arg1, arg2));
            return ret;
        },
        __wbg_now_463ac581d2fc7ea3: function() {
            const ret = Date.now();
            return ret;
        },
        __wbg_now_6fac5c5162dc0469: function() {
            const ret = performance.now();
            return ret;
        },
        __wbg_objectStore_a2b5ae038954c7ba: function() { return handleError(function (arg0, arg1, arg2) {
            const ret = arg0.objectStore(getStringFromWasm0(arg1, arg2));
            return ret;
        }, arguments); },
        __wbg_of_4cc373bef1f715a4: function(arg0, arg1, arg2) {
            const ret = Array.of(arg0, arg1, arg2);
            return ret;
        },
        __wbg_of_e7ea0fcd535c1444: function(arg0, arg1) {
            const ret = Array.of(arg0, arg1);
            return ret;
        },
        __wbg_oldVersion_c9664e93ad7fc373: function(arg0) {
            const ret = arg0.oldVersion;
            return ret;
        },
        __wbg_openKeyCursor_0fd569e75e8de6fe: function() { return handleError(function (arg0, arg1, arg2) {
            const ret = arg0.openKeyCursor(arg1, __wbindgen_enum_IdbCursorDirection[arg2]);
            return ret;
        }, arguments); },
        __wbg_open_0b7832f51fde5a5f: function() { return handleError(function (arg0, arg1, arg2, arg3) {
            const ret = arg0.open(getStringFromWasm0(arg1, arg2), arg3 >>> 0);
            return ret;
        }, arguments); },
        __wbg_open_76c6f562f13bdcfd: function() { return handleError(function (arg0, arg1, arg2) {
            const ret = arg0.open(getStringFromWasm0(arg1, arg2));
            return ret;
        }, arguments); },
        __wbg_persisted_6aadb26218d62c69: function() { return handleError(function () {
            const ret = navigator.storage.persisted();
            return ret;
        }, arguments); },
        __wbg_protocol_2ecd96d73c042808: function(arg0, arg1) {
            const ret = arg1.protocol;
            const ptr1 = passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            const len1 = WASM_VECTOR_LEN;
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
        },
        __wbg_prototypesetcall_13162965d1fe7aa3: function(arg0, arg1, arg2) {
            Uint8Array.prototype.set.call(getArrayU8FromWasm0(arg0, arg1), arg2);
        },
        __wbg_push_c9f4893fc209f768: function(arg0, arg1) {
            const ret = arg0.push(arg1);
            return ret;
        },
        __wbg_put_45e63ad2e48de8d7: function() { return handleError(function (arg0, arg1, arg2) {
            const ret = arg0.put(arg1, arg2);
            return ret;
        }, arguments); },
        __wbg_queueMicrotask_1e8503a8a690f0a3: function(arg0) {
            const ret = arg0.queueMicrotask;
            return ret;
        },
        __wbg_queueMicrotask_4a1a4d8dd332373b: function(arg0) {
            queueMicrotask(arg0);
        },
        __wbg_resolve_dbf78ab4942478b0: function(arg0) {
            const ret = Promise.resolve(arg0);
            return ret;
        },
        __wbg_result_11a492b710594c52: function() { return handleError(function (arg0) {
            const ret = arg0.result;
            return ret;
        }, arguments); },
        __wbg_send_cd51063ca1be4d0f: function() { return handleError(function (arg0, arg1, arg2) {
            arg0.send(getStringFromWasm0(arg1, arg2));
        }, arguments); },
        __wbg_send_d83d0891cf698779: function() { return handleError(function (arg0, arg1, arg2) {
            arg0.send(getArrayU8FromWasm0(arg1, arg2));
        }, arguments); },
        __wbg_setTimeout_f27cbf027c8a0f77: function(arg0, arg1) {
            const ret = setTimeout(arg0, arg1);
            return ret;
        },
        __wbg_set_binaryType_d5b4dafd0f127fb2: function(arg0, arg1) {
            arg0.binaryType = __wbindgen_enum_BinaryType[arg1];
        },
        __wbg_set_count_67c9ae99cc8b8b71: function(arg0, arg1) {
            arg0.count = arg1 >>> 0;
        },
        __wbg_set_d2d33b52458e984a: function(arg0, arg1, arg2) {
            arg0[arg1 >>> 0] = arg2;
        },
        __wbg_set_direction_9f0cf1154c5b3f8d: function(arg0, arg1, arg2) {
            arg0.direction = getStringFromWasm0(arg1, arg2);
        },
        __wbg_set_durability_a99cdab800a6ec79: function(arg0, arg1, arg2) {
            arg0.durability = getStringFromWasm0(arg1, arg2);
        },
        __wbg_set_e4b9a833d288759a: function(arg0, arg1, arg2) {
            arg0[arg1] = arg2;
        },
        __wbg_set_onabort_7ebb01d240653002: function(arg0, arg1) {
            arg0.onabort = arg1;
        },
        __wbg_set_onblocked_d9a2f6d8fa0f1903: function(arg0, arg1) {
            arg0.onblocked = arg1;
        },
        __wbg_set_onclose_078935cf8d0fb024: function(arg0, arg1) {
            arg0.onclose = arg1;
        },
        __wbg_set_onclose_8b9109d9c7acaf7a: function(arg0, arg1) {
            arg0.onclose = arg1;
        },
        __wbg_set_oncomplete_0d4e18f44844f3be: function(arg0, arg1) {
            arg0.oncomplete = arg1;
        },
        __wbg_set_onerror_01c46f9c43941951: function(arg0, arg1) {
            arg0.onerror = arg1;
        },
        __wbg_set_onmessage_26abc49cfa5f9ffc: function(arg0, arg1) {
            arg0.onmessage = arg1;
        },
        __wbg_set_onopen_757be120cc7b1ea6: function(arg0, arg1) {
            arg0.onopen = arg1;
        },
        __wbg_set_onsuccess_8fa3ed2b93e36cae: function(arg0, arg1) {
            arg0.onsuccess = arg1;
        },
        __wbg_set_onupgradeneeded_e977e06888863122: function(arg0, arg1) {
            arg0.onupgradeneeded = arg1;
        },
        __wbg_set_onversionchange_c2fa20847e387f80: function(arg0, arg1) {
            arg0.onversionchange = arg1;
        },
        __wbg_set_query_55637bdd6c6187cb: function(arg0, arg1) {
            arg0.query = arg1;
        },
        __wbg_static_accessor_GLOBAL_THIS_003ee833af9699fc: function() {
            const ret = typeof globalThis === 'undefined' ? undefined : globalThis;
            return isLikeNone(ret) ? 0 : addToExternrefTable0(ret);
        },
        __wbg_static_accessor_GLOBAL_e4293fb22cbe77da: function() {
            const ret = typeof global === 'undefined' ? undefined : global;
            return isLikeNone(ret) ? 0 : addToExternrefTable0(ret);
        },
        __wbg_static_accessor_SELF_53bb20457401453d: function() {
            const ret = typeof self === 'undefined' ? undefined : self;
            return isLikeNone(ret) ? 0 : addToExternrefTable0(ret);
        },
        __wbg_static_accessor_WINDOW_b5e0810bfecb7feb: function() {
            const ret = typeof window === 'undefined' ? undefined : window;
            return isLikeNone(ret) ? 0 : addToExternrefTable0(ret);
        },
        __wbg_then_656f253a5dd7d8ea: function(arg0, arg1, arg2) {
            const ret = arg0.then(arg1, arg2);
            return ret;
        },
        __wbg_then_e3f7f2d365708be8: function(arg0, arg1) {
            const ret = arg0.then(arg1);
            return ret;
        },
        __wbg_transaction_a26f26d9d5badcda: function(arg0) {
            const ret = arg0.transaction;
            return isLikeNone(ret) ? 0 : addToExternrefTable0(ret);
        },
        __wbg_transaction_c72a468b250e586e: function() { return handleError(function (arg0, arg1, arg2, arg3, arg4) {
            const ret = arg0.transaction(arg1, getStringFromWasm0(arg2, arg3), arg4);
            return ret;
        }, arguments); },
        __wbg_upper_51ac166225e3b25d: function() { return handleError(function (arg0) {
            const ret = arg0.upper;
            return ret;
        }, arguments); },
        __wbg_value_e0f328965e184931: function(arg0) {
            const ret = arg0.value;
            return ret;
        },
        __wbg_value_e590119a30af6c22: function(arg0) {
            const ret = arg0.value;
            return ret;
        },
        __wbg_version_81e41cb5f0fb67a4: function(arg0) {
            const ret = arg0.version;
            return ret;
        },
        __wbindgen_generic_0000000000000001: function(arg0, arg1) {
            // Cast intrinsic for `Closure(Closure { owned: true, function: Function { arguments: [Externref], shim_idx: 505, ret: Result(Unit), inner_ret: Some(Result(Unit)) }, mutable: true }) -> Externref`.
            const ret = makeMutClosure(arg0, arg1, wasm_bindgen__convert__closures_____invoke__hd2c48abe69f2f59d);
            return ret;
        },
        __wbindgen_generic_0000000000000002: function(arg0, arg1) {
            // Cast intrinsic for `Closure(Closure { owned: true, function: Function { arguments: [Externref], shim_idx: 6, ret: Unit, inner_ret: Some(Unit) }, mutable: true }) -> Externref`.
            const ret = makeMutClosure(arg0, arg1, wasm_bindgen__convert__closures_____invoke__h510a7a8a0fe8c061);
            return ret;
        },
        __wbindgen_generic_0000000000000003: function(arg0, arg1) {
            // Cast intrinsic for `Closure(Closure { owned: true, function: Function { arguments: [NamedExternref("Event")], shim_idx: 5, ret: Unit, inner_ret: Some(Unit) }, mutable: true }) -> Externref`.
            const ret = makeMutClosure(arg0, arg1, wasm_bindgen__convert__closures_____invoke__h35fe14a29b043d51);
            return ret;
        },
        __wbindgen_generic_0000000000000004: function(arg0, arg1) {
            // Cast intrinsic for `Closure(Closure { owned: true, function: Function { arguments: [NamedExternref("MessageEvent")], shim_idx: 5, ret: Unit, inner_ret: Some(Unit) }, mutable: true }) -> Externref`.
            const ret = makeMutClosure(arg0, arg1, wasm_bindgen__convert__closures_____invoke__h35fe14a29b043d51_68);
            return ret;
        },
        __wbindgen_generic_0000000000000005: function(arg0, arg1) {
            // Cast intrinsic for `Closure(Closure { owned: true, function: Function { arguments: [], shim_idx: 4, ret: Unit, inner_ret: Some(Unit) }, mutable: true }) -> Externref`.
            const ret = makeMutClosure(arg0, arg1, wasm_bindgen__convert__closures_____invoke__h03783eb270cb8e73);
            return ret;
        },
        __wbindgen_generic_0000000000000006: function(arg0) {
            // Cast intrinsic for `F64 -> Externref`.
            const ret = arg0;
            return ret;
        },
        __wbindgen_generic_0000000000000007: function(arg0) {
            // Cast intrinsic for `I64 -> Externref`.
            const ret = arg0;
            return ret;
        },
        __wbindgen_generic_0000000000000008: function(arg0, arg1) {
            // Cast intrinsic for `Ref(String) -> Externref`.
            const ret = getStringFromWasm0(arg0, arg1);
            return ret;
        },
        __wbindgen_generic_0000000000000009: function(arg0) {
            // Cast intrinsic for `U64 -> Externref`.
            const ret = BigInt.asUintN(64, arg0);
            return ret;
        },
        __wbindgen_init_externref_table: function() {
            const table = wasm.__wbindgen_externrefs;
            table.set(0, undefined);
            table.set(1024, undefined);
            table.set(1025, null);
            table.set(1026, true);
            table.set(1027, false);
        },
    };
    return {
        __proto__: null,
        "./waypost_bg.js": import0,
    };
}

function wasm_bindgen__convert__closures_____invoke__h03783eb270cb8e73(arg0, arg1) {
    wasm.wasm_bindgen__convert__closures_____invoke__h03783eb270cb8e73(arg0, arg1);
}

function wasm_bindgen__convert__closures_____invoke__h510a7a8a0fe8c061(arg0, arg1, arg2) {
    wasm.wasm_bindgen__convert__closures_____invoke__h510a7a8a0fe8c061(arg0, arg1, arg2);
}

function wasm_bindgen__convert__closures_____invoke__h35fe14a29b043d51(arg0, arg1, arg2) {
    wasm.wasm_bindgen__convert__closures_____invoke__h35fe14a29b043d51(arg0, arg1, arg2);
}

function wasm_bindgen__convert__closures_____invoke__h35fe14a29b043d51_68(arg0, arg1, arg2) {
    wasm.wasm_bindgen__convert__closures_____invoke__h35fe14a29b043d51_68(arg0, arg1, arg2);
}

function wasm_bindgen__convert__closures_____invoke__hd2c48abe69f2f59d(arg0, arg1, arg2) {
    const ret = wasm.wasm_bindgen__convert__closures_____invoke__hd2c48abe69f2f59d(arg0, arg1, arg2);
    if (ret[1]) {
        throw takeFromExternrefTable0(ret[0]);
    }
}

function wasm_bindgen__convert__closures_____invoke__h5249664ba262cdee(arg0, arg1, arg2, arg3) {
    wasm.wasm_bindgen__convert__closures_____invoke__h5249664ba262cdee(arg0, arg1, arg2, arg3);
}


const __wbindgen_enum_BinaryType = ["blob", "arraybuffer"];


const __wbindgen_enum_IdbCursorDirection = ["next", "nextunique", "prev", "prevunique"];
const CoreFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_core_free(ptr, 1));
const ListProbeFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_listprobe_free(ptr, 1));
const StoreProbeFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_storeprobe_free(ptr, 1));

function addToExternrefTable0(obj) {
    const idx = wasm.__externref_table_alloc();
    wasm.__wbindgen_externrefs.set(idx, obj);
    return idx;
}

const CLOSURE_DTORS = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(state => wasm.__wbindgen_destroy_closure(state.a, state.b));

function debugString(val) {
    switch (typeof val) {
        // primitive types
        case 'number':
        case 'boolean':
        case 'undefined':
        return `${val}`;
        case 'string':
        return JSON.stringify(val);
        case 'bigint':
        return `${val}n`;
        case 'symbol':
        return val.description !== undefined
            ? `Symbol(${val.description})`
            : 'Symbol';
        case 'function':
        return typeof val.name === 'string' && val.name !== ''
            ? `Function(${val.name})`
            : 'Function';
        case 'object': {
            if (val === null) {
                return 'null';
            }
            // objects
            if (Array.isArray(val)) {
                return '[' + Array.from(val, debugString).join(', ') + ']';
            }
            // errors
            if (val instanceof Error) {
                return `${val.name}: ${val.message}\n${val.stack}`;
            }

            const toStringOutput = toString.call(val);
            // Test for built-in
            const className = /\[object ([^\]]+)\]/.exec(toStringOutput)?.[1];

            // Failed to match the standard '[object ClassName]'
            if (className === undefined) {
                return toStringOutput;
            }
            if (className === 'Object') {
                // we're a user defined class or Object
                // JSON.stringify avoids problems with cycles, and is generally much
                // easier than looping through ownProperties of `val`.
                try {
                    return 'Object(' + JSON.stringify(val) + ')';
                } catch (_) {
                    return 'Object';
                }
            }
            // TODO we could test for more things here, like `Set`s and `Map`s.
            return className;
        }
        // Per MDN: 'This list of values is exhaustive.'
        // https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Operators/typeof#description
    }
}

function getArrayU8FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint8ArrayMemory0().subarray(ptr / 1, ptr / 1 + len);
}

let cachedDataViewMemory0 = null;
function getDataViewMemory0() {
    if (cachedDataViewMemory0 === null || cachedDataViewMemory0.buffer.detached === true || (cachedDataViewMemory0.buffer.detached === undefined && cachedDataViewMemory0.buffer !== wasm.memory.buffer)) {
        cachedDataViewMemory0 = new DataView(wasm.memory.buffer);
    }
    return cachedDataViewMemory0;
}

function getStringFromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return decodeText(getUint8ArrayMemory0().subarray(ptr, ptr + len));
}

let cachedUint8ArrayMemory0 = null;
function getUint8ArrayMemory0() {
    if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0) {
        cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
    }
    return cachedUint8ArrayMemory0;
}

function handleError(f, args) {
    try {
        return f.apply(this, args);
    } catch (e) {
        const idx = addToExternrefTable0(e);
        wasm.__wbindgen_exn_store(idx);
    }
}

function isLikeNone(x) {
    return x === undefined || x === null;
}

function makeMutClosure(arg0, arg1, f) {
    const state = { a: arg0, b: arg1, cnt: 1 };
    const real = (...args) => {

        // First up with a closure we increment the internal reference
        // count. This ensures that the Rust closure environment won't
        // be deallocated while we're invoking it.
        state.cnt++;
        const a = state.a;
        state.a = 0;
        try {
            return f(a, state.b, ...args);
        } finally {
            state.a = a;
            real._wbg_cb_unref();
        }
    };
    real._wbg_cb_unref = () => {
        if (--state.cnt === 0) {
            wasm.__wbindgen_destroy_closure(state.a, state.b);
            state.a = 0;
            CLOSURE_DTORS.unregister(state);
        }
    };
    CLOSURE_DTORS.register(real, state, state);
    return real;
}

function passArray8ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 1, 1) >>> 0;
    getUint8ArrayMemory0().set(arg, ptr / 1);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passStringToWasm0(arg, malloc, realloc) {
    if (realloc === undefined) {
        const buf = cachedTextEncoder.encode(arg);
        const ptr = malloc(buf.length, 1) >>> 0;
        getUint8ArrayMemory0().subarray(ptr, ptr + buf.length).set(buf);
        WASM_VECTOR_LEN = buf.length;
        return ptr;
    }

    let len = arg.length;
    let ptr = malloc(len, 1) >>> 0;

    const mem = getUint8ArrayMemory0();

    let offset = 0;

    for (; offset < len; offset++) {
        const code = arg.charCodeAt(offset);
        if (code > 0x7F) break;
        mem[ptr + offset] = code;
    }
    if (offset !== len) {
        if (offset !== 0) {
            arg = arg.slice(offset);
        }
        ptr = realloc(ptr, len, len = offset + arg.length * 3, 1) >>> 0;
        const view = getUint8ArrayMemory0().subarray(ptr + offset, ptr + len);
        const ret = cachedTextEncoder.encodeInto(arg, view);

        offset += ret.written;
        ptr = realloc(ptr, len, offset, 1) >>> 0;
    }

    WASM_VECTOR_LEN = offset;
    return ptr;
}

function takeFromExternrefTable0(idx) {
    const value = wasm.__wbindgen_externrefs.get(idx);
    wasm.__externref_table_dealloc(idx);
    return value;
}

let cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
cachedTextDecoder.decode();
const MAX_SAFARI_DECODE_BYTES = 2146435072;
let numBytesDecoded = 0;
function decodeText(bytes) {
    numBytesDecoded += bytes.length;
    if (numBytesDecoded >= MAX_SAFARI_DECODE_BYTES) {
        cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
        cachedTextDecoder.decode();
        numBytesDecoded = bytes.length;
    }
    return cachedTextDecoder.decode(bytes);
}

const cachedTextEncoder = new TextEncoder();

if (!('encodeInto' in cachedTextEncoder)) {
    cachedTextEncoder.encodeInto = function (arg, view) {
        const buf = cachedTextEncoder.encode(arg);
        view.set(buf);
        return {
            read: arg.length,
            written: buf.length
        };
    };
}

let WASM_VECTOR_LEN = 0;

let wasmModule, wasmInstance, wasm;
function __wbg_finalize_init(instance, module) {
    wasmInstance = instance;
    wasm = instance.exports;
    wasmModule = module;
    cachedDataViewMemory0 = null;
    cachedUint8ArrayMemory0 = null;
    wasm.__wbindgen_start();
    return wasm;
}

async function __wbg_load(module, imports) {
    if (typeof Response === 'function' && module instanceof Response) {
        if (!module.ok) {
            throw new Error(`failed to fetch Wasm: ${module.status} ${module.statusText} fetching '${module.url}'`);
        }

        if (typeof WebAssembly.instantiateStreaming === 'function') {
            try {
                return await WebAssembly.instantiateStreaming(module, imports);
            } catch (e) {
                const validResponse = expectedResponseType(module.type);

                if (validResponse && module.headers.get('Content-Type') !== 'application/wasm') {
                    console.warn("`WebAssembly.instantiateStreaming` failed because your server does not serve Wasm with `application/wasm` MIME type. Falling back to `WebAssembly.instantiate` which is slower. Original error:\n", e);

                } else { throw e; }
            }
        }

        const bytes = await module.arrayBuffer();
        return await WebAssembly.instantiate(bytes, imports);
    } else {
        const instance = await WebAssembly.instantiate(module, imports);

        if (instance instanceof WebAssembly.Instance) {
            return { instance, module };
        } else {
            return instance;
        }
    }

    function expectedResponseType(type) {
        switch (type) {
            case 'basic': case 'cors': case 'default': return true;
        }
        return false;
    }
}

function initSync(module) {
    if (wasm !== undefined) return wasm;


    if (module !== undefined) {
        if (Object.getPrototypeOf(module) === Object.prototype) {
            ({module} = module)
        } else {
            console.warn('using deprecated parameters for `initSync()`; pass a single object instead')
        }
    }

    const imports = __wbg_get_imports();
    if (!(module instanceof WebAssembly.Module)) {
        module = new WebAssembly.Module(module);
    }
    const instance = new WebAssembly.Instance(module, imports);
    return __wbg_finalize_init(instance, module);
}

let __wbg_init_promise;
async function __wbg_init(module_or_path) {
    if (wasm !== undefined) return wasm;
    if (__wbg_init_promise === undefined) {
        __wbg_init_promise = __wbg_init_once(module_or_path);
        __wbg_init_promise.catch(() => { __wbg_init_promise = undefined; });
    }
    return __wbg_init_promise;
}

async function __wbg_init_once(module_or_path) {

    if (module_or_path !== undefined) {
        if (Object.getPrototypeOf(module_or_path) === Object.prototype) {
            ({module_or_path} = module_or_path)
        } else {
            console.warn('using deprecated parameters for the initialization function; pass a single object instead')
        }
    }


    const imports = __wbg_get_imports();

    if (typeof module_or_path === 'string' || (typeof Request === 'function' && module_or_path instanceof Request) || (typeof URL === 'function' && module_or_path instanceof URL)) {
        module_or_path = fetch(module_or_path);
    }

    const { instance, module } = await __wbg_load(await module_or_path, imports);

    return __wbg_finalize_init(instance, module);
}

export { initSync, __wbg_init as default };
