/** What must hold before a target is touched; each check reads /proc and files only, and throws the fact that fails. */
export { requirePrivileges } from './privileges.js';
export { requireProcess } from './process-check.js';
export { findProgram } from './program.js';
export { findUser, type User } from './user.js';
