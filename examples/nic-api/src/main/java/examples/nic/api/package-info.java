// SPDX-License-Identifier: Apache-2.0
/** What the driver of the card's PF does for others. This bundle has nothing else, so that it never has to be replaced. */
@Export
@Version("1.0.0")
package examples.nic.api;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
