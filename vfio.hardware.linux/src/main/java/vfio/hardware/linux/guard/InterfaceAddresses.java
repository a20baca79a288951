// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.List;
import java.util.function.Function;

/** Looks up the addresses of a network interface, which need not be up, by the kernel's socket calls. */
final class InterfaceAddresses implements Function<String, List<String>> {

    @Override
    public List<String> apply(String name) {
        try {
            NetworkInterface found = NetworkInterface.getByName(name);
            return found == null ? List.of()
                    : found.getInterfaceAddresses().stream().map(each -> each.getAddress().getHostAddress()).toList();
        } catch (SocketException e) {
            return List.of(); // it has left meanwhile
        }
    }
}
