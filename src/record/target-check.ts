/** What is checked before a target is touched: program, user, privileges, process. */
export { requireProcess } from './check-process.js';
export { findProgram } from './find-program.js';
export { findUser } from './find-user.js';
export { requirePrivileges } from './privileges.js';
