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
    "xWWPwDfPmrvEcuI9zZAT7mR2y++n4n3MMIjCMQAT3dokcB0wgmL/s5wU3N2eWjvqlKC82lG3Q6tCPDJ1TelYVmlT+qrduRQxzp3LOqbx6Tqm8Wmx"
    "aXy6YhpzLFmQE12yHuRL6d2B3vjXjXFjXFQcKiKpFgg/h7h/0+12uu9bIDoY4uub83PDuBCNFodD/I6rShSFn0N83u6eG5eyaHGohpfD88kkPxjx"
    "HZ+diqI/E0IZHY6F1La0eHy0rUWLSmC96N2cXRrgY98471x3oh14FsxNVoqiZbhK32hfrsQHITfwK6YgLUR0RFaNiOaQXa0iXrzPVEJE7zNVrpA1"
    "95lKb3rK4MxjOQNNcTpMQuTJrIu2uYwYvful9k3vHeCDcHNkuKtfT81pSe3MUlnLY4QRndZSc0ZU61k1PSvitIxWiLq0RtBtFK8gFdY311hGynRF"
    "07VXCbTYcvEmYFu+jyDlJbKTI9DGAD54LrIRA/KULRkSOIuLLDx/zshz8QnupRcREwbuRTaCXNAp9DjlLSi4s/M+wpUZI1qNHaWltGtTuzb3Tkrl"
    "U1UR0aSMBlSd1QYLZ4o1pogqU8PqC6dwbF7jzdSyoX6PpMCNqwfb3a7Xp1dE252DlsOYt1FcMdoLAe0Or4G2dm5pc3ir7ObKQu6A3MLcFLtlZSnL"
    "kUkFTLSrTXVEF9ABspOWzGSLlr+3XILhOhxojR40OVJi5tbkaIfkSGfD7Scbzgt83qR2qlBCXGWa2vhk9DvvvppGGOqU/DbEfUNIfWxfX3/u9S9a"
    "IP09O6TvJ45Gbwqx0dFGJyVqM+FwVHEIZoLOz/rh1Cx28aqzdhLVL7+V1a8i1n47cBC7hlbu+4xlZbN892rezKS83ZrWfhu4CN/GOxKF5tpPVOwA"
    "PQX2lKu4Fe4ULbb9kE1E32AEx8SHokak13ATHkDM/PmqK2Dz3T/CTyA7qUgokzLaZ6B9Bntn8UUbIJXthlxlD6QDAHI/uyHTaPBd31UTS2hHTbOm"
    "o0YgWC+uNCmoKbVylCsdj8OfB1ZDySlBrWTllKwIr74kE4Q/IMqIP8+j1qn6UnbtipbmNNH0u/y6x8krDWwbUjoOXEDRBD9HeJUol7TTb8aUoGCa"
    "5e6Q5WrX/0bhrLGYkJ5U1ZxUV54SPunhHPUWv9JJS+nIr+qvdJBnej4co4cqsKeENOrroa4IhezDMX9sp4WxWKn6Ugrphy0rRWQNpjCOl5LRVFEf"
    "YTjVEegSEFDRf1gQR17l5RnV7ucRHFSNIJfvM9Gn4DnRHHWHpIpyW42fuCKmaSkNahbU0AbOC2MvdbUmxWqOGYczvW7L3apDVWqRnQM0G3QMwxPT"
    "ryJE+Tqc3fI4clxVSo+j2bF2qkIkfwTaEYnlHFeGFpA4msARqfX3iE15wTqpCzV61A5bJUiFJsM75G3aYbt5OLVnT3v2fgjUtd3xZHlpOtCDMrOm"
    "8ZGV1apWWtU6G+KHUDOvnHK2geyaw3eevFa50iqnkP84xxzLZW9znLSEuNDCRb7vjGzWU8uFt6XeRcmOXbW93mVKtWedLCG6uToz+s9eSJ0uVzxf"
    "DUCG/NfVeciSctpxp/KzFWqKU1oa+snSWl4vOT3bh8L2CLcQ3r83LszezaAFlsciOf1T75+GzEqXB0NsfPnY6YuS6GCI41R1kxsf3feiKlsyxAMu"
    "3DX7xs21qE9+G2L+v29eGO3zQecT1z2vz5ZweaPb7vLLv7n+aHTlfhTZkqwDsSBhYQuJ8oo4fAfSK9bI8fdGNc0yd2/oU6vt7Y0WNgUdRsE36gaT"
    "b6L+XrTzIPFEJAMHtym9tCK5jLgOoNC/Qzb8iUbSAK21v9QmT6X9w0p424r9w0K/VRxAcXu9PkIN549eIXCHYB/gLlNyPjYqDiCRVAuEn2JPqcUc"
    "vjgc4gvjkrM+sflUfLS/CT2lJjTBgVdbTQvpHaqp0/3UGbQH0WZOVVTV49poAfF/iJe9tECmx70rJcz+iTfQMT3omzOEA5YzehVm4pb2sbvk3BeH"
    "siGPD/mPonXRLpDeHc6vj/nfAUGNfEFLWc7IU+rXyYpqt04Ft45++VWLHR2abyfwnJpqTktqNSunZkVcMW3oI3vayFs8KKxplq4ctGzzPU9MsWI3"
    "7NkonNhzHRs583jknVA2MWQzc3ixI0Msq4SKfMn50CZEnoSFnbEKXr1axyx49arYLhB1mexar8BUK3jp6e3YNtsZui+O1zG6eKtCdGVddlMDzHLj"
    "4Ip3nU2I7H7X2f1MlBvbX3avk9lf/wfO+rPW"
)
