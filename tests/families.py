"""Small members of timm's families, for every test that must hold for all of them: name and side of the pictures."""

SMALL = tuple(
    (name, 64)
    for name in (
        "caformer_s18", "cait_xxs24_224", "coatnet_pico_rw_224", "convnext_atto", "convnextv2_atto", "cs3darknet_s",
        "davit_tiny", "deit_tiny_distilled_patch16_224", "densenet121", "dla46_c", "edgenext_xx_small",
        "efficientformerv2_s0", "efficientvit_b0", "efficientvit_m0", "eva02_tiny_patch14_224", "fastvit_t8",
        "focalnet_tiny_srf", "gernet_s", "ghostnet_050", "hgnetv2_b0", "hiera_tiny_224", "hrnet_w18_small",
        "inception_next_atto", "lcnet_050", "levit_128s", "mambaout_femto", "mixer_s32_224", "mobilenetv3_small_050",
        "mobilenetv4_conv_small_035", "mobileone_s0", "mobilevit_xxs", "mvitv2_tiny", "nf_regnet_b0", "pit_ti_224",
        "poolformer_s12", "pvt_v2_b0", "rdnet_tiny", "regnetx_002", "repghostnet_050", "repvit_m0_9", "resnet18",
        "rexnetr_100", "selecsls42", "seresnet18", "shvit_s1", "starnet_s1", "swin_tiny_patch4_window7_224",
        "tf_efficientnet_lite0", "tiny_vit_5m_224", "visformer_tiny", "vit_tiny_patch16_224",
        "xcit_nano_12_p16_224",
    )
)  # fmt: skip
