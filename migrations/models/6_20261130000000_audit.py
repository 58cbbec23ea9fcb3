"""The audit log that can be checked: how late the latest sealed entry is, and indexes for what is asked of the log."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
-- The time of the latest entry that the chain has sealed so far; nothing has been sealed before this migration.
ALTER TABLE audit_seals ADD COLUMN latest_at timestamptz NOT NULL;
CREATE INDEX audit_entries_of_action ON audit_entries (tenant_id, action, at DESC, id DESC);
CREATE INDEX audit_entries_of_actor ON audit_entries (tenant_id, actor_id, at DESC, id DESC);
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP INDEX audit_entries_of_actor;
DROP INDEX audit_entries_of_action;
ALTER TABLE audit_seals DROP COLUMN latest_at;
"""


MODELS_STATE = (
    "eJztXW1zozgS/isqf9nZKk8qk8m8nPfqqpyEmfFeYs85zrzs+YrBINvaYIlFIolvb//7SQJswMAY4hc5o3yIsaQW+GmQnm66pT8bM+JAlx61Awcx"
    "AzN/3miBPxvYmkF+kFPbBA3L85Z1ooBZI1c2t0Q7E/KGCMoaa0SZb9mMV44tl0Je5EBq+8hjiGAh0sMQCIH5EfjmQGYhl34DU+I6FNgkwIw2gU9c"
    "SIGFHeBDixJMWwDDO+gDC1Bo+5A1F99tghk/3U8UOBazjsQlOMTm14DwZCdnCzD6I4AmIxPIptDn5/z3f3gxwg584JBEX71bc4yg66SwRo7oQJab"
    "bO7JspubzsU72VL8kpFpEzeY4WVrb86mBC+aBwFyjoSMqJtADH2LQScBPg5cN1JWXBReMS9gfgAXl+osCxw4tgJXqLDx93GAbaE5IM8k/p3+I7q0"
    "RDPT7PYG5rUxMM3GisbFJWTUEhVxOMXdgrgaBDB/hf0uAZGlDXGC8w/t/rOXr3+WEBDKJr6slHA1/pKCXCGhqAR9iTKD2MLMrAZ2SmiTmMcFS9CX"
    "j0kMZwyYYhAvIbXYKpYXHASGZjAfz1AiA6QTiRzFB08L0EHnyrgetK8+iu5nlP7hSpzaA0PUnMjSeab0WYg/4UNoOMAuOgGfO4MPQHwFv/W6RlZL"
    "i3aD3xrimqyAEROTe9NykpjExXFRWq3ySV9V7QA+sAK1LiQyquUQPTFlGl8GKT12P7X78pG5an/5OaXLy173fdx8qcju+WXvLPsc2Yz4FUempMwj"
    "BqZoqD8A5CuMS8zy+SycC2jxPZwSqnUbHw6WW7mLfch/Nq0Ke1pK414dd+SZng/H6KEK7CkhjXp11CMjYhXzX6973XzMEyJZBoRsBv4HXETZtqbL"
    "BIUfBchlCNMjcdp9sHgBUblCsthnxnzRgVCIMKnGtwm6LwpGln17b/mOuVJDTkhR29Wq2cksW2JhayLhFb9Y/L7ISr6h0uBbsZ5lebPMbg54izXt"
    "5c9TiwFEwS30GCBjboUKYW7O4mA2gv43UcctT8Dxf3kCRnNwP0X2VBZxM5dbtwHj5q1tua4om62ayNs4gbaKlaBG2ireIfsMH5dVPDu4YC5eCmSw"
    "5NeVRTG6CRUGkV8u/3h+8uL0zenbl69P3/Im8kIXJW9KcO50Bxk4xSAkjyuwm6SMtkhrsJsYQPMWzusAH8tp8GuAD2ecJlZBfSGg4a4Ld9UbPSWk"
    "Ya8N+x30ET9lDv04I8SFFi6DPymc0cGIS29LCYuS3WrhrNe7TGnhrJOF+ebqzOg/eyFVwhshBvPnVM+i9J5ws2dq0WmV235FUN/6dTxl/M5eRf18"
    "avkG54IS+Q6/QAvbcNVfFsmqDHyj97lr9FtAfgxx++Kq020B+THExkVn0OOV4ecQf+oYn0Xj8DNrlRZwzJn1YLoQT9hUEMvjEgXG6jo5zjoWopoT"
    "WZVWEPEEiiSHxJeOSkkxPR5VGI/E+6O7nEeiFO2l0A6xjp0ABwu17UMBiVn93W1aUr/DVfodbuA5NdWcltRqVk7Niji92wGbQsyQLWe83NixZINm"
    "efhYomldfzgGqW6OQIfRKHJLtIPY9ucev0t/AYhFQV+AcIoFLDBGPhVlDgSc2IrwLl4ygw5vuYaffIsnfoT/XLhiKvp1EyLak6496Xv3pIfPUA4t"
    "RNjy5/mILmWyrHDOwtDUpwPlWfRqdDFTcZPmrNNt97/mW6dnOa9Sz74OjHYGd9eizKQMennQTwrfY6TEvv8qY1PYH28J+OhFxt9OTl6+fHNy/PL1"
    "21enb968enu8eKOxWlX2auOs817Q8RRX0Pz8ByJuKTXHM30dRWdkN6DqAwrmOQRNK0LR+9Amd9Cfn/OveQw9VV9K0P2opSmo6poEfTCFwEETSKNo"
    "krgPSXd/kXEjPrkHEwIpuOf0WbBjTpc5CXVWSfdjO3sEkQ5PW42FLGU2xUK+T6KfAgfR9HqH9FodC/Fg4VRkoD8P89Hyxvi4qnR4j/LZakciRvJF"
    "sYK8TTpK8BfwMcISzKxbGLYN7zIKxsQHxHdEoh12AIWWb0/XiVbczUXoiEYFHjs9UeiIxsONaOS8leYm2BXimZDYnV/lxYHAWTU4VAeGPiJ0ZYLu"
    "IDarQp6W0ulG1XEfWzPkzisDnxHTyFdHHiP7tvIQk5DRmNcYZSD/nTmEY70QuaW0wtg33hlX7UujBcLPIQ6/hce9wQcZPyc+spbPfiLiuN1Zga9E"
    "rWtxFcVu/U2zFQ6NKZyX3Las4/vPEdfuf9Xc/3tM5jggTW5j4vA4YpVm6oWARrvGuiWOw5+UnBz4kpViliIa8eqIE39iYfRfq+oCPVk5jX117H8n"
    "I5Mhlpe6UQx8SkijXsP8ItEL07Vtr1hAo13HzXBHfJE7sAJ4aSpGUkwnvuhsDG0E6GyMH1DNDnRhPTWnJbVFr5qWFYnz6OA7xKwI/JVQj0Rtsyza"
    "Ay3a1U+1WfYh0l1EJfEgBgFmyI1i7yzbhiLtpQl8eEduxQHxeR0F4h6W0XneWtk1mzyXDt/YxTOtwzf2D7FqAazqQrmtNBq9jo9ex+fpw64XM1F8"
    "MRNJn7htMcp5MEr4S0pKrzCu/TY/iKmXmlIePMS7q6HmtKRWs9Jqjq3HOvEYaVHtuVFZz5FvoIaa05Jay6ppWRH/3K9k1MhxzIniZplH7ncyqp17"
    "xWWPwDfPmrvEcuI9zZAT7mR2y++n4n3MMIjCMdZJr9rYebQLTgkyq11wO7QXxPNR10iOZZU2kq/anUsRvdy5rGP0nq5j9J4WG72nK0Yvx5IFOXEj"
    "60G+lN4d6I1/3Rg3xkXFoSKSaoHwc4j7N91up/u+BaKDIb6+OT83jAvRaHE4xO+4qkRR+DnE5+3uuXEpixaHavgvPJ9M8sMM3/GpqCiuMyGU0eFY"
    "SG1Li8dH21qOqATWi97N2aUBPvaN8851J9pbZ8HJZKUoWgai9I325UrkD3IDv2Jy0UJEx1rViFUOqdQq4sU7SCVE9A5S5QpZcwep9HamDM48ljPQ"
    "FCe6JESezIpnm8t10ftaaq/z3gE+CAdGhrv69dScltRuKpW1PEYY0WktNWdEtZ5V07Mi7sho7adLawTdRvHaUGF9c40FokxXNF17/T+LLZdlArbl"
    "+whSXiI7OQJtDOCD5yIbMSBP2ZLBfrO4yMLz54w8F5/gngSuAzBh4F7kGcilmkKPU95SgTs77yNcmTGi1dhRWkq7NrVrc++kVD5VFRFNymhA1VlH"
    "sHCmWGOKqDI1rL5dCsfmNV5DLRvq90gK3Lh6sN3tSnx6rbPdOWg5jHlbwBWjvRDQ7vAaaGvnljaHt8purizkDsgtzE2eW1aWshyZLsBEu9pUR3QB"
    "HSA7ackctWhhe8slGK7DgdboQZMjJWZuTY52SI50ntt+8ty8wOdNaicBJcRVpqmNT0a/8+6raYShTslvQ9w3hNTH9vX1517/ogXS37ND+n7iaPR2"
    "DxsdbXS6oTYTDkcVh2Am6MyrH07NYn+uOqsiUf3yW1n9KmLttwMHsWto5b7PWFY2y/el5s1Mytutae23gYvwbbzXUGiu/UTF3s5TYE+5ilvhHtBi"
    "Qw/ZRPQNRnBMfChqRC4NN+EBxMyfr7oCNt/9I/wEspOKhDIpo30G2mewdxZftLVR2T7HVXY3OgAg97PPMY0G3/VdNbGEdtQ0azpqBIL14kqTgppS"
    "K0e50vE4/HlgNZScEtRKVk7JivDqSzJB+AOijPjzPGqdqi9l165oaU4TTb/Lr3ucvNLAtiGl48AFFE3wc4RXiXJJO/1mTAkKplnuDlmudv1vFM4a"
    "ywTpSVXNSXXlKeGTHs5Rb/ErnbSUjvyq/koHeabnwzF6qAJ7Skijvh7qilDIPhzzx3ZaGIuVqi+lkH7YslJE1mAK43gpGU0V9RGGUx2BLgEBFf2H"
    "BXHkVV6eUe1+HsFB1Qhy+T4TfQqeE81Rd0iqKLfV+IkrYpqW0qBmQQ1t4Lww9lJXa1Ks5phxONPrttytOlSlFtk5QLNBxzA8Mf0qQpSvw9ktjyPH"
    "VaX0OJoda6cqRPJHoB2RWM5xZWgBiaMJHJFaf4/YlBesk7pQo0ftsFWCVGgyvEPeph22m4dTe/a0Z++HQF3bHU+Wl6YDPSgzaxofWVmtaqVVrbMh"
    "fgg188opZxvIrjl858lrlSutcgr5j3PMsVz2NsdJS4gLLVzk+87IZj21XHhb6l2U7NhV2+tdplR71skSopurM6P/7IXU6XLF89UAZMh/XZ2HLCmn"
    "HXcqP1uhpjilpaGfLK3l9ZLTs30obI9wC+H9e+PC7N0MWmB5LJLTP/X+acisdHkwxMaXj52+KIkOhjhOVTe58dF9L6qyJUM84MJds2/cXIv65Lch"
    "5v/75oXRPh90PnHd8/psCZc3uu0uv/yb649GV+5HkS3JOhALEha2kCiviMN3IL1ijRx/b1TTLHP3hj612t7eaGFT0GEUfKNuMPkm6u9FOw8ST0Qy"
    "cHCb0ksrksuI6wAK/Ttkw59oJA2Qs44beJOn0v5hJbxtxf5hod8qDqC4vV4foYbzR68QuEOwD3CXKTkfGxUHkEiqBcJPsafUYg5fHA7xhXHJWZ/Y"
    "fCo+2t+EnlITmuDAq62mhfQO1dTpfuoM2oNoM6cqqupxbbSA+D/Ey15aINPj3pUSZv/EG+iYHvTNGcIByxm9CjNxS/vYXXLui0PZkMeH/EfRumgX"
    "SO8O59fH/O+AoEa+oKUsZ+Qp9etkRbVbp4JbR7/8qsWODs23E3hOTTWnJbWalVOzIq6YNvSRPW3kLR4U1jRLVw5atvmeJ6ZYsRv2bBRO7LmOjZx5"
    "PPJOKJsYspk5vNiRIZZVQkW+5HxoEyJPwsLOWAWvXq1jFrx6VWwXiLpMdq1XYKoVvPT0dmyb7QzdF8frGF28VSG6si67qQFmuXFwxbvOJkR2v+vs"
    "fibKje0vu9fJ7K//A4tkpoA="
)
