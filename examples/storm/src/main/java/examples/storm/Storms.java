// SPDX-License-Identifier: Apache-2.0
package examples.storm;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import vfio.admin.Command;
import vfio.admin.CommandProvider;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.pci.core.user.VfioPciDevices;

/** The storms by function, and their command. */
@Component(service = CommandProvider.class)
public final class Storms implements CommandProvider {
    private final VfioPciDevices devices;
    private final Map<String, EduStorm> storms = new ConcurrentHashMap<>();

    @Activate
    public Storms(@Reference VfioPciDevices devices) {
        this.devices = devices;
    }

    @Override
    public List<Command> commands() {
        return List.of(new StormCommand(this));
    }

    /** Returns the storm over a function, which begins where there is none. */
    EduStorm begun(String name) {
        return storms.computeIfAbsent(name, function -> new EduStorm(devices.use(function, new VfioUser() {
            @Override
            public String name() {
                return "storm";
            }

            @Override
            public void requested(DeviceHandle handle) {
                end(name);
            }
        })));
    }

    /** @throws VfioException ENOENT where there is none */
    EduStorm begunBefore(String name) {
        EduStorm storm = storms.get(name);
        if (storm == null) {
            throw new VfioException(VfioException.Kind.UNKNOWN_NAME, Errno.ENOENT, "there is no storm over " + name);
        }
        return storm;
    }

    void end(String name) {
        EduStorm storm = storms.remove(name);
        if (storm != null) {
            storm.close();
        }
    }

    @Deactivate
    void end() {
        storms.keySet().forEach(this::end);
    }
}
