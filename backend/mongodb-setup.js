// Runs in mongosh at each start, on the loopback of the database's container, and may be repeated at any time. Creates
// the replica set, an administrator, and the user of the API, which may read and write its own database only. As long
// as there is no user, MongoDB lets connections from its own loopback create the first one ("localhost exception"). So
// this also works for the database of an earlier version, which had no users.
const fs = require("fs");

const admin = db.getSiblingDB("admin");
const readSecret = (name) => fs.readFileSync(`/secrets/${name}`, "utf8").trim();

function signIn() {
  try {
    admin.auth("admin", readSecret("ADMIN_PASSWORD"));
    return true;
  } catch (error) {
    if (error.codeName !== "AuthenticationFailed") throw error;
    return false;
  }
}

function createAdministrator() {
  try {
    admin.createUser({ user: "admin", pwd: readSecret("ADMIN_PASSWORD"), roles: ["root"] });
  } catch (error) {
    if (error.codeName !== "Unauthorized") throw error;
    throw new Error("The database has an administrator with another password than the volume: see docs/deploying.md");
  }
  admin.auth("admin", readSecret("ADMIN_PASSWORD"));
}

const isSignedIn = signIn();
if (!admin.hello().setName) {
  rs.initiate({ _id: "rs0", members: [{ _id: 0, host: process.env.MONGODB_HOST }] });
}
for (let polls = 0; !admin.hello().isWritablePrimary; polls += 1) {
  if (polls === 300) throw new Error("The database does not accept writes.");
  sleep(200);
}
if (!isSignedIn) createAdministrator();

const user = { pwd: readSecret("PASSWORD"), roles: [{ role: "readWrite", db: "mysms" }] };
if (admin.getUser("mysms")) {
  admin.updateUser("mysms", user);
} else {
  admin.createUser({ user: "mysms", ...user });
}
print("The database has its users.");
