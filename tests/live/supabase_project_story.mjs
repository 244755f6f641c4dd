// What a program that was written for Supabase does with a node whose users a Supabase project keeps, told line by
// line: `node supabase_project_story.mjs <folder of node_modules> <url> <url of the project> <key> <email> <password>`.
import { createRequire } from "node:module";

const [folder, url, project, key, email, password] = process.argv.slice(2);
const { createClient } = createRequire(`${folder}/package.json`)("@supabase/supabase-js");
const OPTIONS = { auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false } };

function tell(what, fields) {
  console.log(JSON.stringify({ what, ...fields }));
}

function told(error) {
  return error === null ? null : { name: error.name, code: error.code ?? null, status: error.status ?? null };
}

async function asked(path, token) {
  const answer = await fetch(`${url}/api/v1/${path}`, { headers: { Authorization: `Bearer ${token}` } });
  return { status: answer.status, body: await answer.json() };
}

async function roles(token) {
  const { status, body } = await asked("session", token);
  return { status, roles: body.roles ?? null };
}

// passed through the node
const here = createClient(url, "any", OPTIONS).auth;
const wrong = await here.signInWithPassword({ email, password: "not this one" });
tell("wrong password", { error: told(wrong.error), session: wrong.data.session });
const signed = await here.signInWithPassword({ email, password });
tell("sign in", { error: told(signed.error), email: signed.data.user?.email });
if (signed.error !== null) process.exit(0);
const claims = await here.getClaims();
tell("claims", { error: told(claims.error), app: claims.data?.claims.app_metadata, issuer: claims.data?.claims.iss });
const user = await here.getUser();
tell("user", { error: told(user.error), app: user.data.user?.app_metadata });
const fresh = await here.refreshSession();
const { access_token: token, refresh_token } = fresh.data.session ?? {};
tell("refresh", { error: told(fresh.error), is_new: token !== signed.data.session.access_token, ...(await roles(token)) });
tell("password", { error: told((await here.updateUser({ password: "quite another passphrase" })).error) });
tell("words", { error: told((await here.updateUser({ data: { name: "Anna" } })).error) });
tell("enroll", { error: told((await here.mfa.enroll({ factorType: "totp" })).error) });
const up = await here.signUp({ email: "js@example.org", password });
tell("sign up", { error: told(up.error), email: up.data.user?.email });
await here.setSession({ access_token: token, refresh_token });
tell("sign out", { error: told((await here.signOut({ scope: "local" })).error), ...(await roles(token)) });
const again = await here.refreshSession({ refresh_token });
tell("after sign-out", { error: told(again.error) });

// at the project itself
const there = createClient(project, key, OPTIONS).auth;
const direct = await there.signInWithPassword({ email, password });
tell("at the project", { error: told(direct.error), ...(await roles(direct.data.session?.access_token)) });
const renewed = await there.refreshSession();
const newest = renewed.data.session?.access_token;
tell("renewed there", { error: told(renewed.error), orders: (await asked("orders", newest)).status });
await there.signOut({ scope: "local" });
const after = await there.refreshSession({ refresh_token: renewed.data.session.refresh_token });
tell("signed out there", { error: told(after.error) });
