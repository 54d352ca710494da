/** Users by name and number, from the name service of this machine. */
import { describe, expect, it } from 'vitest';
import { findUser } from '../../src/record/find-user.js';

describe('findUser', () => {
  it('by name and by number', () => {
    expect(findUser('root')).toEqual({ uid: 0, gid: 0 });
    expect(findUser('0')).toEqual({ uid: 0, gid: 0 });
    expect(findUser('daemon')).toEqual(findUser('1'));
  });

  it('falls back to /etc/passwd where there is no getent', () => {
    const path = process.env.PATH;
    process.env.PATH = '/nonexistent';
    try {
      expect(findUser('root')).toEqual({ uid: 0, gid: 0 });
      expect(findUser('0')).toEqual({ uid: 0, gid: 0 });
      expect(() => findUser('roto')).toThrow('no such user: roto');
    } finally {
      process.env.PATH = path;
    }
  });

  it.each(['roto', '4000000000', '', '--help', 'a b', 'root:x'])('no user %j', (name) => {
    expect(() => findUser(name)).toThrow(expect.objectContaining({ code: 'NO_SUCH_USER', exitCode: 125 }));
  });

  it('names the nearest', () => {
    expect(() => findUser('deamon')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('daemon') }),
    );
  });
});
