// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.id;

/**
 * The registers of the PCI Express capability and of the extended capabilities (PCIe 6.0 chapter 7). The names are those of
 * {@code uapi/linux/pci_regs.h} without {@code PCI_}. Positions count from the start of the capability; sizes are in bytes.
 */
public final class ExpressRegisters {
    // PCI Express capability (PCIe 6.0 section 7.5.3)
    public static final int EXP_FLAGS = 2;
    public static final int EXP_FLAGS_VERS = 0x0f;
    public static final int EXP_FLAGS_TYPE = 0xf0;
    public static final int EXP_TYPE_ENDPOINT = 0;
    public static final int EXP_TYPE_LEG_END = 1;
    public static final int EXP_TYPE_ROOT_PORT = 4;
    public static final int EXP_TYPE_UPSTREAM = 5;
    public static final int EXP_TYPE_DOWNSTREAM = 6;
    public static final int EXP_TYPE_PCI_BRIDGE = 7;
    /** Root complex integrated endpoint: this type and those above have no link. */
    public static final int EXP_TYPE_RC_END = 9;
    public static final int EXP_DEVCAP = 4;
    public static final int EXP_DEVCAP_FLR = 1 << 28;
    public static final int EXP_DEVCTL = 8;
    public static final int EXP_DEVCTL_PAYLOAD = 0x00e0;
    public static final int EXP_DEVCTL_READRQ = 0x7000;
    public static final int EXP_DEVCTL_BCR_FLR = 1 << 15;
    public static final int EXP_DEVSTA = 0x0a;
    /** Non-fatal error detected. */
    public static final int EXP_DEVSTA_NFED = 1 << 1;
    /** Fatal error detected. */
    public static final int EXP_DEVSTA_FED = 1 << 2;
    public static final int EXP_LNKCTL = 0x10;
    public static final int EXP_SLTCTL = 0x18;
    public static final int EXP_RTCTL = 0x1c;
    public static final int EXP_DEVCAP2 = 0x24;
    public static final int EXP_DEVCAP2_ATOMIC_ROUTE = 1 << 6;
    public static final int EXP_DEVCAP2_ATOMIC_COMP32 = 1 << 7;
    public static final int EXP_DEVCAP2_ATOMIC_COMP64 = 1 << 8;
    public static final int EXP_DEVCAP2_ATOMIC_COMP128 = 1 << 9;
    public static final int EXP_DEVCTL2 = 0x28;
    public static final int EXP_DEVCTL2_ATOMIC_REQ = 1 << 6;
    public static final int EXP_DEVCTL2_ATOMIC_EGRESS_BLOCK = 1 << 7;
    public static final int EXP_LNKCTL2 = 0x30;
    public static final int EXP_SLTCTL2 = 0x38;

    // Extended capabilities (PCIe 6.0 section 7.6.3)
    public static final int EXT_CAP_ID_ERR = 0x01;
    public static final int EXT_CAP_ID_VC = 0x02;
    public static final int EXT_CAP_ID_DSN = 0x03;
    public static final int EXT_CAP_ID_PWR = 0x04;
    public static final int EXT_CAP_ID_MFVC = 0x08;
    /** Virtual channels beside an MFVC. */
    public static final int EXT_CAP_ID_VC9 = 0x09;
    public static final int EXT_CAP_ID_VNDR = 0x0b;
    public static final int EXT_CAP_ID_ACS = 0x0d;
    public static final int EXT_CAP_ID_ARI = 0x0e;
    public static final int EXT_CAP_ID_ATS = 0x0f;
    public static final int EXT_CAP_ID_SRIOV = 0x10;
    public static final int EXT_CAP_ID_MCAST = 0x12;
    public static final int EXT_CAP_ID_PRI = 0x13;
    public static final int EXT_CAP_ID_REBAR = 0x15;
    public static final int EXT_CAP_ID_DPA = 0x16;
    public static final int EXT_CAP_ID_TPH = 0x17;
    public static final int EXT_CAP_ID_LTR = 0x18;
    /** Secondary PCI Express. */
    public static final int EXT_CAP_ID_SECPCI = 0x19;
    public static final int EXT_CAP_ID_PASID = 0x1b;
    public static final int EXT_CAP_ID_DPC = 0x1d;
    public static final int EXT_CAP_ID_L1SS = 0x1e;
    public static final int EXT_CAP_ID_PTM = 0x1f;
    public static final int EXT_CAP_ID_DVSEC = 0x23;

    // Advanced error reporting (PCIe 6.0 section 7.8.4)
    public static final int ERR_UNCOR_STATUS = 0x04;
    public static final int ERR_UNC_INTN = 1 << 22;
    public static final int ERR_UNCOR_MASK = 0x08;
    public static final int ERR_UNCOR_SEVER = 0x0c;
    public static final int ERR_COR_STATUS = 0x10;
    public static final int ERR_COR_MASK = 0x14;
    public static final int ERR_CAP = 0x18;

    // SR-IOV (PCIe 6.0 section 9.3.3)
    public static final int SRIOV_CAP = 0x04;
    public static final int SRIOV_CTRL = 0x08;
    public static final int SRIOV_CTRL_VFE = 1;
    public static final int SRIOV_INITIAL_VF = 0x0c;
    public static final int SRIOV_TOTAL_VF = 0x0e;
    public static final int SRIOV_NUM_VF = 0x10;
    public static final int SRIOV_FUNC_LINK = 0x12;
    public static final int SRIOV_VF_OFFSET = 0x14;
    public static final int SRIOV_VF_STRIDE = 0x16;
    public static final int SRIOV_VF_DID = 0x1a;
    public static final int SRIOV_SUP_PGSIZE = 0x1c;
    public static final int SRIOV_SYS_PGSIZE = 0x20;
    public static final int SRIOV_BAR = 0x24;

    // Latency tolerance reporting (PCIe 6.0 section 7.8.2)
    public static final int LTR_MAX_SNOOP_LAT = 4;

    private ExpressRegisters() {
    }
}
