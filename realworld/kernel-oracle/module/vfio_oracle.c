// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * PCI drivers that only say which entry of their tables matched. The tables are in tables.h, which
 * vfio.realworld.oracle.OracleDrivers writes; the low three bits of an entry's driver_data say what probe answers.
 */
#include <linux/module.h>
#include <linux/pci.h>

static const int answers[8] = { 0, 0, 0, 0, 0, -ENODEV, -EIO, 1 };

static int oracle_probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	pci_set_drvdata(dev, (void *)id->driver_data);
	return answers[id->driver_data & 7];
}

static ssize_t oracle_entry_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lx\n", (unsigned long)dev_get_drvdata(dev));
}
static DEVICE_ATTR_RO(oracle_entry);

static struct attribute *oracle_attrs[] = {
	&dev_attr_oracle_entry.attr,
	NULL
};
ATTRIBUTE_GROUPS(oracle);

#include "tables.h"

static int __init oracle_init(void)
{
	int i, error;

	for (i = 0; i < ARRAY_SIZE(drivers); i++) {
		drivers[i].probe = oracle_probe;
		drivers[i].sriov_configure = pci_sriov_configure_simple;
		drivers[i].dev_groups = oracle_groups;
		error = pci_register_driver(&drivers[i]);
		if (error)
			goto unwind;
	}
	return 0;
unwind:
	while (i--)
		pci_unregister_driver(&drivers[i]);
	return error;
}

static void __exit oracle_exit(void)
{
	int i = ARRAY_SIZE(drivers);

	while (i--)
		pci_unregister_driver(&drivers[i]);
}

module_init(oracle_init);
module_exit(oracle_exit);

MODULE_DESCRIPTION("PCI drivers whose id tables are a test's");
MODULE_LICENSE("GPL v2");
