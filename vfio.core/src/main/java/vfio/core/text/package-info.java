// SPDX-License-Identifier: Apache-2.0
/** The search for names that resemble a mistyped word, for the messages to people. */
@Export
@Version("0.1.0")
package vfio.core.text;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
