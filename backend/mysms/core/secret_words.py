"""Words of which people make up secrets. Data."""

WORDS = frozenset(
    """
    about acc access account acme active adm admin administrator all alone alpha and any api app application apps april
    are august auth authentication authorization autumn aws azure back backend backup bad bank battery bearer best beta
    big bill billing black blue bot brown build business but button by cache call can cannot carrier cert certificate
    change changed chat check clear client cloud cluster code com communication company compose config console contact
    container control core corp corporate corporation correct crm customer daily dashboard data database date day db
    dead debug december default demo deploy deployment dev developer development device devops digital direct do docker
    document dog dolor domain done dont door dragon dummy edge edit email encryption end engine enough enterprise env
    environment european example external fake fast february file final first flask fast fly for forever fox free
    friday friend from front frontend full gateway general generate get git github global go god good google great
    green group guess hack has hash have health hello help hidden his hmac home horse host house how http https hub
    human id image important in inbound inc index info infra insecure inside install instance internal internet ipsum
    is issuer it item its january jason joke json july jump jumps june just jwt keep key keys kid king know known label
    land large last law lazy let letmein level life light limited line link linux list live load local localhost lock
    log login logs long lorem love ltd mac machine mail main make man management manager march mark market master max
    may me media member message messages messaging messenger meta metric metrics micro mobile mode monday money mongo
    mongodb monitor monitoring monkey month more most mother must my myapp mysms name need net network never new next
    nginx night no nobody node none nopass not note notification november now number oauth october of office ok old on
    once one online only open operation order org organization other our out outbound over own owner page paper
    partner pass passphrase passwd password pay payment people permanent person phone phrase picture pin place plain
    platform play please point port portal post postgres power prefix premium press preview previous primary private
    pro process prod product production products profile program project prometheus protected proxy public pull push
    put python query queue quick quiet random rate read real red redis refresh region register release remote render
    replace request reset rest restore right root route run safe sales salt same sample sandbox saturday save scan
    school scrape sec second secondary secret secretkey secrets secure security send sender september server service
    services session set setting settings setup share shared shop short sign signature signing signup simple simulated
    simulator single site small sms social software some someone something space spring sql ssh ssl staff stage staging
    standard staple star start state static status stop storage store strict string strong stuff summer sun sunday
    super supersecret support sweet switch system table team tech telecom telephone temp template temporary test
    testing tests text texting texts thank that the their them then there these they thing this thursday time tls to
    today token tokens tomorrow top total traffic trial true trust tuesday twilio two type under union unique unit
    universal unknown update upload use used user username users value variable vault vendor verify version very view
    virtual visitor voice want warning was water way we web webhook webhooks website wednesday week welcome what when
    where white who why will window winter wise with without wont word wordpass words work worker workers world write
    www year yes yesterday you your yourself zero zone
    """.split()  # noqa: SIM905  # much shorter than a list
)
