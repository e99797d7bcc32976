/// Vectors of RFCs and of NIST in the form of the Wycheproof files, for machines without those.
///
/// AES-GCM: the GCM specification's test cases 1 and 13 to 16. HMAC: RFC 4231. Tokens: RFC 7515 appendix A and
/// RFC 8037 appendix A.4. ECDSA: RFC 6979 appendix A.2.5. Ed25519: RFC 8032 section 7.1. RSA with 2,048 bits:
/// RFC 7515; with 3,072 bits: made with `openssl dgst`, since no RFC has one.
enum EmbeddedVectors {
    static let files: [String: String] = [
        "aes_gcm_test": #"""
        {"testGroups": [{"keySize": 256, "ivSize": 96, "tagSize": 128, "tests": [
        {"tcId": 1, "key": "0000000000000000000000000000000000000000000000000000000000000000", "iv": "000000\#
        000000000000000000", "aad": "", "msg": "", "ct": "", "tag": "530f8afbc74536b9a963b4f1c4cb738b", "res\#
        ult": "valid"},
        {"tcId": 2, "key": "0000000000000000000000000000000000000000000000000000000000000000", "iv": "000000\#
        000000000000000000", "aad": "", "msg": "00000000000000000000000000000000", "ct": "cea7403d4d606b6e07\#
        4ec5d3baf39d18", "tag": "d0d1c8a799996bf0265b98b5d48ab919", "result": "valid"},
        {"tcId": 3, "key": "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "iv": "cafeba\#
        befacedbaddecaf888", "aad": "", "msg": "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a31\#
        8a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255", "ct": "522dc1f099567d07f47f37\#
        a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66289\#
        8015ad", "tag": "b094dac5d93471bdec1a502270e3cc6c", "result": "valid"},
        {"tcId": 4, "key": "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "iv": "cafeba\#
        befacedbaddecaf888", "aad": "feedfacedeadbeeffeedfacedeadbeefabaddad2", "msg": "d9313225f88406e5a559\#
        09c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39\#
        ", "ct": "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056\#
        828838c5f61e6393ba7a0abcc9f662", "tag": "76fc6ece0f4e1768cddf8853bb2d551b", "result": "valid"},
        {"tcId": 5, "key": "0000000000000000000000000000000000000000000000000000000000000000", "iv": "000000\#
        000000000000000000", "aad": "", "msg": "00000000000000000000000000000000", "ct": "cea7403d4d606b6e07\#
        4ec5d3baf39d18", "tag": "d1d1c8a799996bf0265b98b5d48ab919", "result": "invalid"}
        ]}, {"keySize": 128, "ivSize": 96, "tagSize": 128, "tests": [
        {"tcId": 6, "key": "00000000000000000000000000000000", "iv": "000000000000000000000000", "aad": "", \#
        "msg": "", "ct": "", "tag": "58e2fccefa7e3061367f1d57a4e7455a", "result": "valid"}
        ]}]}
        """#,
        "hmac_sha256_test": #"""
        {"testGroups": [{"tagSize": 256, "tests": [
        {"tcId": 1, "key": "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "msg": "4869205468657265", "tag": "b0\#
        344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", "result": "valid"},
        {"tcId": 2, "key": "4a656665", "msg": "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "t\#
        ag": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "result": "valid"},
        {"tcId": 3, "key": "4a656665", "msg": "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "t\#
        ag": "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", "result": "invalid"}
        ]}, {"tagSize": 128, "tests": [
        {"tcId": 4, "key": "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "msg": "4869205468657265", "tag": "b0\#
        344c61d8db38535ca8afceaf0bf12b", "result": "valid"}
        ]}]}
        """#,
        "hmac_sha384_test": #"""
        {"testGroups": [{"tagSize": 384, "tests": [
        {"tcId": 1, "key": "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "msg": "4869205468657265", "tag": "af\#
        d03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6", "re\#
        sult": "valid"},
        {"tcId": 2, "key": "4a656665", "msg": "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "t\#
        ag": "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab216\#
        49", "result": "valid"},
        {"tcId": 3, "key": "4a656665", "msg": "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "t\#
        ag": "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9c\#
        b6", "result": "invalid"}
        ]}, {"tagSize": 128, "tests": [
        {"tcId": 4, "key": "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "msg": "4869205468657265", "tag": "af\#
        d03944d84895626b0825f4ab46907f", "result": "valid"}
        ]}]}
        """#,
        "hmac_sha512_test": #"""
        {"testGroups": [{"tagSize": 512, "tests": [
        {"tcId": 1, "key": "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "msg": "4869205468657265", "tag": "87\#
        aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d91\#
        4eeb61f1702e696c203a126854", "result": "valid"},
        {"tcId": 2, "key": "4a656665", "msg": "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "t\#
        ag": "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6\#
        fdcaeab1a34d4a6b4b636e070a38bce737", "result": "valid"},
        {"tcId": 3, "key": "4a656665", "msg": "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "t\#
        ag": "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4\#
        e4be9d914eeb61f1702e696c203a126854", "result": "invalid"}
        ]}, {"tagSize": 128, "tests": [
        {"tcId": 4, "key": "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "msg": "4869205468657265", "tag": "87\#
        aa7cdea5ef619d4ff0b4241a1d6cb0", "result": "valid"}
        ]}]}
        """#,
        "json_web_signature_test": #"""
        {"testGroups": [{"private": {"kty": "oct", "alg": "HS256", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-\#
        EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}, "tests": [
        {"tcId": 1, "jws": "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTk\#
        zODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"\#
        , "result": "valid"},
        {"tcId": 2, "jws": "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTk\#
        zODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.XBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"\#
        , "result": "invalid"},
        {"tcId": 3, "jws": "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9l\#
        eGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.", "result": "invalid"},
        {"tcId": 4, "jws": "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTk\#
        zODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk.\#
        ", "result": "invalid"},
        {"tcId": 5, "jws": "", "result": "invalid"}
        ]}, {"public": {"kty": "RSA", "alg": "RS256", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0\#
        l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo\#
        9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qC\#
        o5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ", "e"\#
        : "AQAB"}, "tests": [
        {"tcId": 6, "jws": "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9\#
        leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7\#
        AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6x\#
        BArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnv\#
        Wh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw", "result": "valid"},\#
         
        {"tcId": 7, "jws": "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9\#
        leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.XC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7\#
        AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6x\#
        BArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnv\#
        Wh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw", "result": "invalid"\#
        },
        {"tcId": 8, "jws": "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9l\#
        eGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.", "result": "invalid"},
        {"tcId": 9, "jws": "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9\#
        leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7\#
        AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6x\#
        BArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnv\#
        Wh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw.", "result": "invalid\#
        "},
        {"tcId": 10, "jws": "", "result": "invalid"}
        ]}, {"public": {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y"\#
        : "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}, "tests": [
        {"tcId": 11, "jws": "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly\#
        9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlS\#
        ApmWQxfKTUJqPP3-Kg6NU1Q", "result": "valid"},
        {"tcId": 12, "jws": "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly\#
        9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.XtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlS\#
        ApmWQxfKTUJqPP3-Kg6NU1Q", "result": "invalid"},
        {"tcId": 13, "jws": "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9\#
        leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.", "result": "invalid"},
        {"tcId": 14, "jws": "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly\#
        9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlS\#
        ApmWQxfKTUJqPP3-Kg6NU1Q.", "result": "invalid"},
        {"tcId": 15, "jws": "", "result": "invalid"}
        ]}, {"public": {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},\#
         "tests": [
        {"tcId": 16, "jws": "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1\#
        PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg", "result": "valid"},
        {"tcId": 17, "jws": "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.XgyY0il_MGCjP0JzlnLWG1\#
        PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg", "result": "invalid"},
        {"tcId": 18, "jws": "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9\#
        leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.", "result": "invalid"},
        {"tcId": 19, "jws": "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1\#
        PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg.", "result": "invalid"},
        {"tcId": 20, "jws": "", "result": "invalid"}
        ]}]}
        """#,
        "json_web_key_test": #"""
        {"testGroups": [{"private": {"keys": [{"kty": "oct", "alg": "HS256", "k": "AyM1SysPpbyDfgZld3umj1qzK\#
        ObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}
        ]}, "tests": [
        {"tcId": 1, "jws": "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTk\#
        zODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"\#
        , "result": "valid"},
        {"tcId": 2, "jws": "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTk\#
        zODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.XBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"\#
        , "result": "invalid"}
        ]}, {"private": {"keys": [{"kty": "oct", "alg": "HS256", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-Es\#
        tJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}, {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1\#
        Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
        ]}, "tests": [
        {"tcId": 3, "jws": "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTk\#
        zODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"\#
        , "result": "invalid"}
        ]}, {"private": {"keys": [{"kty": "oct", "alg": "HS256", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-Es\#
        tJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow", "kid": "a"}, {"kty": "oct", "alg": "HS256", "k":\#
         "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow", "kid": "a\#
        "}
        ]}, "tests": [
        {"tcId": 4, "jws": "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTk\#
        zODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"\#
        , "result": "invalid"}
        ]}, {"public": {"keys": [{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHv\#
        RVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
        ]}, "tests": [
        {"tcId": 5, "jws": "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9\#
        leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA\#
        pmWQxfKTUJqPP3-Kg6NU1Q", "result": "valid"}
        ]}, {"public": {"keys": [{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHv\#
        RVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", "use": "enc"}
        ]}, "tests": [
        {"tcId": 6, "jws": "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9\#
        leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA\#
        pmWQxfKTUJqPP3-Kg6NU1Q", "result": "invalid"}
        ]}, {"public": {"keys": [{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHv\#
        RVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5aA"}
        ]}, "tests": [
        {"tcId": 7, "jws": "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9\#
        leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA\#
        pmWQxfKTUJqPP3-Kg6NU1Q", "result": "invalid"}
        ]}]}
        """#,
        "json_web_crypto_test": #"""
        {"testGroups": [{"private": {"kty": "oct", "alg": "HS256", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-\#
        EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}, "tests": [
        {"tcId": 1, "jws": "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTk\#
        zODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"\#
        , "result": "valid"},
        {"tcId": 2, "jws": "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9l\#
        eGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.", "result": "invalid"}
        ]}, {"private": {"keys": [{"kty": "oct", "alg": "HS256", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-Es\#
        tJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}, {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1\#
        Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
        ]}, "tests": [
        {"tcId": 3, "jws": "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTk\#
        zODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"\#
        , "result": "invalid"}
        ]}]}
        """#,
        "ecdsa_secp256r1_sha256_test": #"""
        {"testGroups": [{"publicKeyPem": "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP\#
        7UuiVanTHJYet0xjVtaMBJuJI7\nYfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n-----END P\#
        UBLIC KEY-----\n", "tests": [
        {"tcId": 1, "msg": "73616d706c65", "sig": "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf99\#
        1c34d0ea84eaf3716022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8", "result": \#
        "valid"},
        {"tcId": 2, "msg": "74657374", "sig": "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34\#
        d0ea84eaf3716022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8", "result": "inv\#
        alid"},
        {"tcId": 3, "msg": "73616d706c65", "sig": "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84\#
        eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8", "result": "invalid"},
        {"tcId": 4, "msg": "73616d706c65", "sig": "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf99\#
        1c34d0ea84eaf3716022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda800", "result"\#
        : "invalid"}
        ]}]}
        """#,
        "ecdsa_secp256r1_sha256_p1363_test": #"""
        {"testGroups": [{"publicKeyPem": "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP\#
        7UuiVanTHJYet0xjVtaMBJuJI7\nYfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n-----END P\#
        UBLIC KEY-----\n", "tests": [
        {"tcId": 1, "msg": "73616d706c65", "sig": "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84\#
        eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8", "result": "valid"},
        {"tcId": 2, "msg": "73616d706c65", "sig": "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf99\#
        1c34d0ea84eaf3716022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8", "result": \#
        "invalid"},
        {"tcId": 3, "msg": "73616d706c65", "sig": "000000000000000000000000000000000000000000000000000000000\#
        00000000000000000000000000000000000000000000000000000000000000000000000", "result": "invalid"}
        ]}, {"publicKeyPem": "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8\#
        vub9tLe1gHMzV7\n6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n-----END PUBLIC KEY---\#
        --\n", "tests": [
        {"tcId": 4, "msg": "65794a68624763694f694a46557a49314e694a392e65794a7063334d694f694a71623255694c4130\#
        4b49434a6c654841694f6a457a4d4441344d546b7a4f44417344516f67496d6830644841364c79396c654746746347786c4c\#
        6d4e76625339706331397962323930496a7030636e566c6651", "sig": "0ed1215379636c483c2f7f155807d402a3b2280\#
        33af97c7e17819ac3169ea665c50a07d38c3c70e5d8f12daf084a5480a66590c5f293509a8f3f7f8a83a354d5", "result"\#
        : "valid"}
        ]}]}
        """#,
        "ed25519_test": #"""
        {"testGroups": [{"publicKeyPem": "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg\#
        7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n", "tests": [
        {"tcId": 1, "msg": "", "sig": "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb88\#
        21590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b", "result": "valid"},
        {"tcId": 2, "msg": "00", "sig": "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb\#
        8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b", "result": "invalid"},
        {"tcId": 3, "msg": "", "sig": "", "result": "invalid"}
        ]}, {"publicKeyPem": "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM\#
        1V8Sr0Zgw=\n-----END PUBLIC KEY-----\n", "tests": [
        {"tcId": 4, "msg": "72", "sig": "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085\#
        ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00", "result": "valid"}
        ]}]}
        """#,
        "rsa_signature_2048_sha256_test": #"""
        {"testGroups": [{"publicKeyPem": "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCg\#
        KCAQEAofgWCuLjybRlzo0tZWJj\nNiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz\nP1Pt0B\#
        m4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo\n9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdb\#
        BYUsLA9e+KXBdQOS+UTo7WTB\nEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX\nFvUK+DWN\#
        moudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp\noQIDAQAB\n-----END PUBLIC KEY-----\n", "te\#
        sts": [
        {"tcId": 1, "msg": "65794a68624763694f694a53557a49314e694a392e65794a7063334d694f694a71623255694c4130\#
        4b49434a6c654841694f6a457a4d4441344d546b7a4f44417344516f67496d6830644841364c79396c654746746347786c4c\#
        6d4e76625339706331397962323930496a7030636e566c6651", "sig": "702e218943e88fd11eb5d82dbf7845f34106ae1\#
        b81fff7731116add1717d83656d420afd3c96eedd73a2663e5166687b000b87226e0187ed1073f945e582adfcef16d85a798\#
        ee8c66ddb3db8975b17d09402beedd5d9d97007108db28160d5f8040ca7445762b81fbe7ff9d92e0ae76f24f25b33bbe6f44\#
        ae61eb1040acb20044d3ef9128ed40130795bd4bd3b41eecad066ab651981fde48df77f372dc38b9fafdd3befb18b5da3cc3\#
        c2eb02f9e3a41d612caad15911273a05f23b9e838faaf849d698429ef5a1e88798236c3d40e604522a544c8f27a7a2db8066\#
        3d16cf7caea56de405cb2215a45b2c25566b55ac1a748a070dfc8a32a469543d019eefb47", "result": "valid"},
        {"tcId": 2, "msg": "65794a68624763694f694a53557a49314e694a392e65794a7063334d694f694a71623255694c4130\#
        4b49434a6c654841694f6a457a4d4441344d546b7a4f44417344516f67496d6830644841364c79396c654746746347786c4c\#
        6d4e76625339706331397962323930496a7030636e566c6651", "sig": "5c2e218943e88fd11eb5d82dbf7845f34106ae1\#
        b81fff7731116add1717d83656d420afd3c96eedd73a2663e5166687b000b87226e0187ed1073f945e582adfcef16d85a798\#
        ee8c66ddb3db8975b17d09402beedd5d9d97007108db28160d5f8040ca7445762b81fbe7ff9d92e0ae76f24f25b33bbe6f44\#
        ae61eb1040acb20044d3ef9128ed40130795bd4bd3b41eecad066ab651981fde48df77f372dc38b9fafdd3befb18b5da3cc3\#
        c2eb02f9e3a41d612caad15911273a05f23b9e838faaf849d698429ef5a1e88798236c3d40e604522a544c8f27a7a2db8066\#
        3d16cf7caea56de405cb2215a45b2c25566b55ac1a748a070dfc8a32a469543d019eefb47", "result": "invalid"},
        {"tcId": 3, "msg": "00", "sig": "702e218943e88fd11eb5d82dbf7845f34106ae1b81fff7731116add1717d83656d4\#
        20afd3c96eedd73a2663e5166687b000b87226e0187ed1073f945e582adfcef16d85a798ee8c66ddb3db8975b17d09402bee\#
        dd5d9d97007108db28160d5f8040ca7445762b81fbe7ff9d92e0ae76f24f25b33bbe6f44ae61eb1040acb20044d3ef9128ed\#
        40130795bd4bd3b41eecad066ab651981fde48df77f372dc38b9fafdd3befb18b5da3cc3c2eb02f9e3a41d612caad1591127\#
        3a05f23b9e838faaf849d698429ef5a1e88798236c3d40e604522a544c8f27a7a2db80663d16cf7caea56de405cb2215a45b\#
        2c25566b55ac1a748a070dfc8a32a469543d019eefb47", "result": "invalid"}
        ]}]}
        """#,
        "rsa_signature_3072_sha256_test": #"""
        {"testGroups": [{"publicKeyPem": "-----BEGIN PUBLIC KEY-----\nMIIBojANBgkqhkiG9w0BAQEFAAOCAY8AMIIBig\#
        KCAYEAxhNRaGVyvUwLe1vqqw/s\nsnMDl1qdFW8gPCIi9Qc/qgL8K2+MjlGmeDySukve8XN/lp6u7TXWhg9u7I7TY7Gf\nQl/nJc\#
        VL9hxWjEDgnKA2fgFId1S2tc5OkC/3LS7ipewA2uQAycy61ZO1MAgyhbJj\ng8KbdCj3DlwwNH5vTF4/YPKncFWHO3E/02m+bgxs\#
        /Zj3AV2mDKobzzh0JiPsBZOW\nYTyzK5G82EBbhpzlpQQPYKUkP6bijsRXUhyYQS56TCbGf9ooHygFK67xEMZUjY+2\nR2z5BGHp\#
        CoPOF26zx3EE0ktZ/obhjEF5lQ9lGPgV7JdlVBJRI6b1aeZ/+Ljo/Bx3\nkxNNCa+YKXPBu78XocnI/1IItsnUGRqPVkWgcwKnRt\#
        THhpy1axH92fsLDS9uTs+g\nNDqqcj+tap7MBMtkA3SHnMPwd6RwWIHCyTR4lcWDReHiyu/alfgcZcd8XvpFTtOr\nQEBzed7COT\#
        xtP2tmSBGVOrplgw/g7qZAz0Rvn5meiLPdAgMBAAE=\n-----END PUBLIC KEY-----\n", "tests": [
        {"tcId": 1, "msg": "73616d706c65", "sig": "6654feff45d58662f92e5d64782d8316bf161c5c83d77dbb2c63bccb9\#
        eccf72b404a18b5bbd7a10e6cb80501cb83efb6ee77284e94179e2fc5956dfd92625e005b55da5dc953e8341e47799796d01\#
        78852ed9bd404c6071be19e2e21099d340d897dd668fe93ead321f915c6e8a81561ab9941549a43bc382847239a3534cae2d\#
        1b049eb6e835097ae9270c59fe696f05f468bc91cedf869d050121cec9bad3b008d4408c3db43751d9128eeb4fb3ce5917f5\#
        3cc941d3dcb3e04b4f690ef8d53cbedec354cdbea30c8963f41c9219fcc5df27264f4ba78553bea03bd7f51bcb141efeee76\#
        56bb10770f4144bc1ea9d60287c2de2ea619feb301d789fe30ad0b62a9e15d1daf7c40257d4b1e7b189293dfba387aeefb8d\#
        680a23e908f5f9d3101e1a4794038ef76c131b865727bb283f8f56f084c5ec39b12e328c4571734a8445fcad43288bff0a5a\#
        d6be03667c1241c74e82ecc673b34119944ed7e93cb04ef13a6a9f300e4ea9407195622097be870ec46b06e9e28108be739a\#
        ab7c213d905", "result": "valid"},
        {"tcId": 2, "msg": "00", "sig": "6654feff45d58662f92e5d64782d8316bf161c5c83d77dbb2c63bccb9eccf72b404\#
        a18b5bbd7a10e6cb80501cb83efb6ee77284e94179e2fc5956dfd92625e005b55da5dc953e8341e47799796d0178852ed9bd\#
        404c6071be19e2e21099d340d897dd668fe93ead321f915c6e8a81561ab9941549a43bc382847239a3534cae2d1b049eb6e8\#
        35097ae9270c59fe696f05f468bc91cedf869d050121cec9bad3b008d4408c3db43751d9128eeb4fb3ce5917f53cc941d3dc\#
        b3e04b4f690ef8d53cbedec354cdbea30c8963f41c9219fcc5df27264f4ba78553bea03bd7f51bcb141efeee7656bb10770f\#
        4144bc1ea9d60287c2de2ea619feb301d789fe30ad0b62a9e15d1daf7c40257d4b1e7b189293dfba387aeefb8d680a23e908\#
        f5f9d3101e1a4794038ef76c131b865727bb283f8f56f084c5ec39b12e328c4571734a8445fcad43288bff0a5ad6be03667c\#
        1241c74e82ecc673b34119944ed7e93cb04ef13a6a9f300e4ea9407195622097be870ec46b06e9e28108be739aab7c213d90\#
        5", "result": "invalid"},
        {"tcId": 3, "msg": "73616d706c65", "sig": "6654feff45d58662f92e5d64782d8316bf161c5c83d77dbb2c63bccb9\#
        eccf72b404a18b5bbd7a10e6cb80501cb83efb6ee77284e94179e2fc5956dfd92625e005b55da5dc953e8341e47799796d01\#
        78852ed9bd404c6071be19e2e21099d340d897dd668fe93ead321f915c6e8a81561ab9941549a43bc382847239a3534cae2d\#
        1b049eb6e835097ae9270c59fe696f05f468bc91cedf869d050121cec9bad3b008d4408c3db43751d9128eeb4fb3ce5917f5\#
        3cc941d3dcb3e04b4f690ef8d53cbedec354cdbea30c8963f41c9219fcc5df27264f4ba78553bea03bd7f51bcb141efeee76\#
        56bb10770f4144bc1ea9d60287c2de2ea619feb301d789fe30ad0b62a9e15d1daf7c40257d4b1e7b189293dfba387aeefb8d\#
        680a23e908f5f9d3101e1a4794038ef76c131b865727bb283f8f56f084c5ec39b12e328c4571734a8445fcad43288bff0a5a\#
        d6be03667c1241c74e82ecc673b34119944ed7e93cb04ef13a6a9f300e4ea9407195622097be870ec46b06e9e28108be739a\#
        ab7c213d9", "result": "invalid"}
        ]}]}
        """#,
    ]
}
