// SPDX-License-Identifier: Apache-2.0
/**
 * The agreement between the daemon and the {@code vfio} command: the run directory and its lock, requests and answers on the
 * control socket. The launcher's jar carries a copy of this package, which therefore needs no other package of ours.
 */
package vfio.admin.control;
