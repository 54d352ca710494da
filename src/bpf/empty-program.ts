/**
 * A BPF program that does nothing, loaded by the bare bpf(2) call: for measurements and for questions to the kernel that
 * need some program (`union bpf_attr` of BPF_PROG_LOAD, include/uapi/linux/bpf.h).
 */
import koffi from 'koffi';
import { bpf } from './libc.js';

const BPF_PROG_LOAD = 5;
const BPF_PROG_TYPE_KPROBE = 2;
const ATTR_BYTES = 128;

/** Returns a descriptor for links of `attachType`; throws ErrnoError. */
export function loadEmptyProgram(attachType: number): number {
  const code = Buffer.from('b700000000000000' + '9500000000000000', 'hex'); // r0 = 0; exit
  const license = Buffer.from('GPL\0');
  const attr = Buffer.alloc(ATTR_BYTES);
  attr.writeUInt32LE(BPF_PROG_TYPE_KPROBE, 0);
  attr.writeUInt32LE(code.length / 8, 4);
  attr.writeBigUInt64LE(koffi.address(code), 8);
  attr.writeBigUInt64LE(koffi.address(license), 16);
  attr.writeUInt32LE(attachType, 68);
  return bpf(BPF_PROG_LOAD, attr);
}
