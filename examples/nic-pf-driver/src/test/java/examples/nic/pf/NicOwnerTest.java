// SPDX-License-Identifier: Apache-2.0
package examples.nic.pf;

import examples.nic.api.NicCommands;
import examples.nic.model.NicModelFactory;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import vfio.hardware.emulated.FunctionDescription;
import vfio.pci.core.PciDriver;
import vfio.testkit.OwnerContract;
import vfio.testkit.Rig;

/** The contract of an owner, for that of the card's PF. */
class NicOwnerTest extends OwnerContract {

    @BeforeEach
    void makeVfs() {
        Rig.model(NicModelFactory.MODEL, new NicModelFactory());
        rig().settings(Map.of("vfs", "2"));
    }

    @Override
    protected PciDriver driver() {
        return new NicDriver();
    }

    @Override
    protected FunctionDescription function() {
        return NicDriverTest.card();
    }

    @Override
    protected String state() {
        return "1";
    }

    @Override
    protected void use(Rig bound) {
        bound.offered(NicCommands.class).macOf(bound.function().virtualFunctions().get(1));
    }
}
