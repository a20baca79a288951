// SPDX-License-Identifier: Apache-2.0
/** Holds the rules of VFIO against the tests that prove them. */
package conformance;
