// What a program that was written for Supabase does with its users, told line by line: `node supabase_story.mjs
// <folder of node_modules> <url> <email> <password> <token of an admin>`.
import { createHmac } from "node:crypto";
import { createRequire } from "node:module";

const [folder, url, email, password, adminToken] = process.argv.slice(2);
const { createClient } = createRequire(`${folder}/package.json`)("@supabase/supabase-js");
const KEY = "sb_publishable_story";
const OPTIONS = { auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false } };
const NEW_PASSWORD = "quite another passphrase";

function tell(what, fields) {
  console.log(JSON.stringify({ what, ...fields }));
}

function told(error) {
  return error === null ? null : { name: error.name, code: error.code ?? null, status: error.status ?? null };
}

function code(secret, step) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + step));
  const digest = createHmac("sha1", key).update(counter).digest();
  const at = digest[19] & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, "0");
}

async function orders(token) {
  const answer = await fetch(`${url}/api/v1/orders`, { headers: { Authorization: `Bearer ${token}` } });
  return answer.status;
}

const client = createClient(url, KEY, OPTIONS);
const wrong = await client.auth.signInWithPassword({ email, password: "not this one" });
tell("wrong password", { error: told(wrong.error), session: wrong.data.session });
const up = await client.auth.signUp({ email: "stranger@example.com", password });
tell("sign up", { error: told(up.error) });

const signed = await client.auth.signInWithPassword({ email, password });
tell("sign in", { error: told(signed.error), email: signed.data.user?.email, expires_in: signed.data.session?.expires_in });
const claims = await client.auth.getClaims();
tell("claims", { error: told(claims.error), claims: claims.data?.claims, header: claims.data?.header });
const refreshed = await client.auth.refreshSession();
tell("refresh", {
  error: told(refreshed.error),
  is_new: refreshed.data.session?.refresh_token !== signed.data.session?.refresh_token,
});
const user = await client.auth.getUser();
tell("user", { error: told(user.error), email: user.data.user?.email, app: user.data.user?.app_metadata });

const words = await client.auth.updateUser({ data: { name: "Anna", roles: ["admin"] } });
tell("words", { error: told(words.error), words: words.data.user?.user_metadata, app: words.data.user?.app_metadata });
const weak = await client.auth.updateUser({ password: "short" });
tell("weak password", { error: told(weak.error), reasons: weak.error?.reasons });
const changed = await client.auth.updateUser({ password: NEW_PASSWORD, current_password: password });
tell("password", { error: told(changed.error) });

const made = await client.auth.mfa.enroll({ factorType: "totp", friendlyName: "phone" });
tell("enroll", { error: told(made.error), type: made.data?.type, uri: made.data?.totp.uri });
const challenge = await client.auth.mfa.challenge({ factorId: made.data.id });
tell("challenge", { error: told(challenge.error), type: challenge.data?.type });
const bad = await client.auth.mfa.verify({ factorId: made.data.id, challengeId: challenge.data.id, code: "000000" });
tell("wrong code", { error: told(bad.error) });
const good = await client.auth.mfa.verify({
  factorId: made.data.id,
  challengeId: challenge.data.id,
  code: code(made.data.totp.secret, 0),
});
tell("verify", { error: told(good.error), level: (await client.auth.mfa.getAuthenticatorAssuranceLevel()).data });
const factors = await client.auth.mfa.listFactors();
tell("factors", { error: told(factors.error), verified: factors.data?.totp.map((one) => one.friendly_name) });

const other = createClient(url, KEY, OPTIONS);
const again = await other.auth.signInWithPassword({ email, password: NEW_PASSWORD });
tell("sign in again", {
  error: told(again.error),
  level: (await other.auth.mfa.getAuthenticatorAssuranceLevel()).data,
  orders: await orders(again.data.session.access_token),
});
const given = await other.auth.mfa.challengeAndVerify({
  factorId: again.data.user.factors[0].id,
  code: code(made.data.totp.secret, 1),
});
tell("second factor", { error: told(given.error), orders: await orders(given.data.access_token) });

const admin = createClient(url, adminToken, OPTIONS).auth.admin;
const listed = await admin.listUsers({ page: 1, perPage: 1 });
tell("list", { error: told(listed.error), users: listed.data.users.length, total: listed.data.total, next: listed.data.nextPage });
const body = { email: "js@example.com", password, app_metadata: { roles: ["viewer"] }, email_confirm: true };
const one = await admin.createUser(body);
tell("create", { error: told(one.error), app: one.data.user?.app_metadata });
const twice = await admin.createUser(body);
tell("create again", { error: told(twice.error) });
const updated = await admin.updateUserById(one.data.user.id, { user_metadata: { name: "J" }, ban_duration: "24h" });
const banned = await createClient(url, KEY, OPTIONS).auth.signInWithPassword({ email: body.email, password });
tell("ban", { error: told(updated.error), until: updated.data.user?.banned_until, sign_in: told(banned.error) });
const removed = await admin.deleteUser(one.data.user.id);
const gone = await admin.getUserById(one.data.user.id);
tell("delete", { error: told(removed.error), gone: told(gone.error) });
const mine = await createClient(url, KEY, OPTIONS).auth.admin.listUsers();
tell("list without a token", { error: told(mine.error) });

const old = (await other.auth.getSession()).data.session;
const out = await other.auth.signOut({ scope: "local" });
tell("sign out", { error: told(out.error), orders: await orders(old.access_token) });
tell("after sign-out", {
  user: told((await other.auth.getUser(old.access_token)).error),
  refresh: told((await other.auth.refreshSession({ refresh_token: old.refresh_token })).error),
  first: (await client.auth.getUser()).data.user?.email,
});
