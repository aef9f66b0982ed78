// The parts of mongosh that mongodb-setup.js uses, on a MongoDB with access control that has this process's state.
// Usage: node fake_mongosh.js SCRIPT STATE, where STATE is JSON. Prints the state afterwards.
const fs = require("fs");
const vm = require("vm");

const [script, given] = process.argv.slice(2);
const state = JSON.parse(given);
let signedInAs = null;
let polls = 0;

function failure(codeName) {
  return Object.assign(new Error(codeName), { codeName });
}

function requireAdministrator() {
  if (!state.users[signedInAs]?.roles.includes("root")) throw failure("Unauthorized");
}

function isFirstUser() {
  return Object.keys(state.users).length === 0;
}

const admin = {
  auth(user, password) {
    if (!user || state.users[user]?.pwd !== password) throw failure("AuthenticationFailed");
    signedInAs = user;
    return { ok: 1 };
  },
  hello() {
    return { setName: state.setName, isWritablePrimary: Boolean(state.setName) && ++polls > 2 };
  },
  createUser({ user, ...fields }) {
    if (!state.setName || polls <= 2) throw failure("NotWritablePrimary");
    if (!isFirstUser()) requireAdministrator();
    if (state.users[user]) throw failure("Location51003");
    state.users[user] = fields;
  },
  getUser(user) {
    requireAdministrator();
    return state.users[user] ?? null;
  },
  updateUser(user, fields) {
    requireAdministrator();
    state.users[user] = fields;
  },
};
const rs = {
  initiate({ _id, members }) {
    if (!isFirstUser()) requireAdministrator();
    if (state.setName) throw failure("AlreadyInitialized");
    Object.assign(state, { setName: _id, host: members[0].host });
  },
};
const secrets = { readFileSync: (path) => `${state.secrets[path]}\n` };
const context = {
  db: { getSiblingDB: () => admin },
  rs,
  sleep() {},
  print() {},
  process,
  require: (name) => (name === "fs" ? secrets : undefined),
};
vm.runInNewContext(fs.readFileSync(script, "utf8"), context);
console.log(JSON.stringify(state));
