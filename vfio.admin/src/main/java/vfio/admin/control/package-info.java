// SPDX-License-Identifier: Apache-2.0
/**
 * What the daemon and the {@code vfio} command agree on: requests and answers on the control socket. The launcher's jar carries
 * a copy of this package, so it needs nothing but Java and {@code vfio.core.file}.
 */
package vfio.admin.control;
